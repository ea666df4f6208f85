-- Dates and times: checked constructors, weeks that begin on any day (0 is Sunday), zones.
CREATE MACRO bq.main.days_in_month(y, m) AS CASE WHEN m IN (4, 6, 9, 11) THEN 30 WHEN m != 2 THEN 31 WHEN y % 4 = 0 AND (y % 100 != 0 OR y % 400 = 0) THEN 29 ELSE 28 END;
CREATE MACRO bq.main.make_date(y, m, d) AS CASE WHEN y IS NULL OR m IS NULL OR d IS NULL THEN NULL WHEN y BETWEEN 1 AND 9999 AND m BETWEEN 1 AND 12 AND d BETWEEN 1 AND bq.days_in_month(y, m) THEN make_date(y, m, d)
    ELSE CAST(CAST(bq.fail('Input calculates to invalid date: ' || lpad(CAST(y AS VARCHAR), 4, '0') || '-' || lpad(CAST(m AS VARCHAR), 2, '0') || '-' || lpad(CAST(d AS VARCHAR), 2, '0')) AS VARCHAR) AS DATE) END;
CREATE MACRO bq.main.make_time(h, m, s) AS CASE WHEN h IS NULL OR m IS NULL OR s IS NULL THEN NULL WHEN h BETWEEN 0 AND 23 AND m BETWEEN 0 AND 59 AND s BETWEEN 0 AND 59 THEN make_time(h, m, CAST(s AS DOUBLE)) ELSE CAST(CAST(bq.fail('Input calculates to invalid time: ' || h || ':' || m || ':' || s) AS VARCHAR) AS TIME) END;
-- A date or moment that was computed; DuckDB goes on outside of the years 1 to 9999.
CREATE MACRO bq.main.overflow(kind) AS CAST(bq.fail(kind || ' overflow: the result is not between the years 1 and 9999') AS VARCHAR);
CREATE MACRO bq.main.date_in_range(x) AS CASE WHEN x NOT BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(bq.overflow('DATE') AS DATE) ELSE x END;
CREATE MACRO bq.main.datetime_in_range(x) AS CASE WHEN x NOT BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999' THEN CAST(bq.overflow('DATETIME') AS TIMESTAMP) ELSE x END;
CREATE MACRO bq.main.timestamp_in_range(x) AS CASE WHEN x NOT BETWEEN make_timestamptz(-62135596800000000) AND make_timestamptz(253402300799999999) THEN CAST(bq.overflow('TIMESTAMP') AS TIMESTAMPTZ) ELSE x END;
-- So many units since 1970, of which a second has n.
CREATE MACRO bq.main.unix_timestamp(x, n) AS CASE WHEN x NOT BETWEEN -62135596800 * n AND 253402300800 * n - 1 THEN CAST(bq.overflow('TIMESTAMP') AS TIMESTAMPTZ) ELSE make_timestamptz(x * (1000000 // n)) END;
CREATE MACRO bq.main.unix_date(x) AS CASE WHEN x NOT BETWEEN -719162 AND 2932896 THEN CAST(bq.overflow('DATE') AS DATE) ELSE DATE '1970-01-01' + CAST(x AS INTEGER) END;
CREATE MACRO bq.main.make_datetime(y, mo, d, h, m, s) AS bq.make_date(y, mo, d) + bq.make_time(h, m, s);
CREATE MACRO bq.main.truncate_week(x, first) AS date_trunc('day', x) - to_days(CAST((dayofweek(x) - first + 7) % 7 AS INTEGER));
CREATE MACRO bq.main.week_day_zero(x, first) AS CAST(CAST(x AS DATE) - DATE '1970-01-01' AS BIGINT) - (dayofweek(x) - first + 7) % 7;
CREATE MACRO bq.main.week_difference(x, y, first) AS CAST((bq.week_day_zero(x, first) - bq.week_day_zero(y, first)) // 7 AS BIGINT);
CREATE MACRO bq.main.week_number(x, first) AS CAST((dayofyear(x) + 6 - (dayofweek(x) - first + 7) % 7) // 7 AS BIGINT);
-- Wall clock in a zone, and back. Offsets are checked (14 hours are the most) and taken by hand, names are ICU's.
CREATE MACRO bq.main.is_offset(z) AS regexp_full_match(z, '[+-]((0?\d|1[0-3])(:[0-5]\d)?|14(:00)?)');
CREATE MACRO bq.main.offset_minutes(z) AS CAST(CASE WHEN z[1] = '-' THEN -1 ELSE 1 END * (CAST(regexp_extract(z, '^.(\d+)', 1) AS INTEGER) * 60 + coalesce(TRY_CAST(regexp_extract(z, ':(\d+)$', 1) AS INTEGER), 0)) AS BIGINT);
-- DuckDB's own error of an unknown zone is none that TRY catches.
CREATE MACRO bq.main.zone(z) AS CASE WHEN bq.is_offset(z) THEN 'UTC' WHEN bq_is_zone(z) THEN z ELSE CAST(bq.fail('Invalid time zone: ' || z) AS VARCHAR) END;
-- Within a day of the first or last moment that there is, the clock may show another year.
CREATE MACRO bq.main.is_inner(us) AS us BETWEEN -62135510400000000 AND 253402214399999999;
CREATE MACRO bq.main.wall_clock(x, z) AS CASE WHEN bq.is_offset(z) THEN CAST(x AS TIMESTAMP) + to_minutes(CASE WHEN bq.is_offset(z) THEN bq.offset_minutes(z) ELSE 0 END) ELSE timezone(bq.zone(z), x) END;
CREATE MACRO bq.main.local(x, z) AS CASE WHEN bq.is_inner(epoch_us(x)) THEN bq.wall_clock(x, z) ELSE bq.datetime_in_range(bq.wall_clock(x, z)) END;
-- Of a wall clock that comes twice, the first.
CREATE MACRO bq.main.moment_of(x, z) AS CASE WHEN timezone(z, timezone(z, x) - INTERVAL 1 HOUR) = x THEN timezone(z, x) - INTERVAL 1 HOUR ELSE timezone(z, x) END;
CREATE MACRO bq.main.moment_in(x, z) AS CASE WHEN bq.is_offset(z) THEN CAST(CAST(x AS TIMESTAMP) - to_minutes(CASE WHEN bq.is_offset(z) THEN bq.offset_minutes(z) ELSE 0 END) AS TIMESTAMPTZ) ELSE bq.moment_of(CAST(x AS TIMESTAMP), bq.zone(z)) END;
CREATE MACRO bq.main.global(x, z) AS CASE WHEN bq.is_inner(epoch_us(x)) THEN bq.moment_in(x, z) ELSE bq.timestamp_in_range(bq.moment_in(x, z)) END;
CREATE MACRO bq.main.zone_name(x) AS regexp_extract(x, '\s*([A-Za-z_]+/[A-Za-z_+\-0-9/]+)\s*$', 1);
CREATE MACRO bq.main.in_range_or(moment, otherwise) AS CASE WHEN epoch_us(moment) BETWEEN -62135596800000000 AND 253402300799999999 THEN moment ELSE otherwise END;
CREATE MACRO bq.main.timestamp_or(x, otherwise) AS CASE WHEN x IS NULL THEN NULL
    WHEN bq.zone_name(x) != '' AND bq_is_zone(bq.zone_name(x)) AND TRY_CAST(regexp_extract(x, '^\s*(' || bq.day_pattern() || '([Tt ]\s*([01]?\d|2[0-3]):\d{1,2}:\d{1,2}(\.\d{0,6})?)?)\s*[A-Za-z]', 1) AS TIMESTAMP) IS NOT NULL
        THEN bq.in_range_or(bq.moment_of(CAST(regexp_extract(x, '^\s*([0-9].*?)\s*[A-Za-z_]+/', 1) AS TIMESTAMP), bq.zone_name(x)), otherwise)
    WHEN regexp_full_match(x, '\s*' || bq.day_pattern() || '([Tt ]\s*([01]?\d|2[0-3]):\d{1,2}:\d{1,2}(\.\d{0,6})?)?\s*([Zz]|[+-]((0?\d|1[0-3])(:[0-5]\d)?|14(:00)?)|[A-Za-z_]+(/[A-Za-z_+\-0-9]+)*)?\s*')
        THEN bq.in_range_or(TRY_CAST(bq.zone_text(bq.capital_marks(trim(x))) AS TIMESTAMPTZ), otherwise)
    ELSE otherwise END;
CREATE MACRO bq.main.to_timestamp(x) AS bq.timestamp_or(x, CAST(CAST(bq.fail('Invalid timestamp: ''' || x || '''') AS VARCHAR) AS TIMESTAMPTZ));
-- A text without a zone is of zone z.
CREATE MACRO bq.main.to_timestamp_in(x, z) AS CASE WHEN regexp_full_match(x, '\s*' || bq.day_pattern() || '([Tt ]\s*([01]?\d|2[0-3]):\d{1,2}:\d{1,2}(\.\d{0,6})?)?\s*') THEN bq.global(bq.to_datetime(x), z) ELSE bq.to_timestamp(x) END;
CREATE MACRO bq.main.offset_text(minutes) AS CASE WHEN minutes < 0 THEN '-' ELSE '+' END || lpad(CAST(abs(minutes) // 60 AS VARCHAR), 2, '0') || CASE WHEN minutes % 60 = 0 THEN '' ELSE ':' || lpad(CAST(abs(minutes) % 60 AS VARCHAR), 2, '0') END;
CREATE MACRO bq.main.timestamp_text_in(x, z) AS bq.datetime_text(bq.local(x, z)) || bq.offset_text(CAST(floor((epoch_us(bq.local(x, z)) - epoch_us(x)) / 60000000) AS BIGINT));
CREATE MACRO bq.main.generate_moments(s, e, step, n) AS CASE WHEN n = 0 THEN list_slice([s], 1, CAST(bq.fail('Sequence step cannot be 0.') AS BIGINT)) WHEN s IS NULL OR e IS NULL OR step IS NULL THEN NULL WHEN abs(epoch(e) - epoch(s)) > 1e8 * abs(epoch(step)) THEN list_slice([s], 1, CAST(bq.fail('Resources exceeded during query execution: the generated array has more than 100000000 elements.') AS BIGINT)) ELSE generate_series(s, e, step) END;
-- 30 days are a month, 24 hours a day.
CREATE MACRO bq.main.interval_micros(x) AS CAST(datepart('hour', x) AS BIGINT) * 3600000000 + CAST(datepart('minute', x) AS BIGINT) * 60000000 + datepart('microsecond', x);
CREATE MACRO bq.main.interval_months(x) AS CAST(datepart('year', x) * 12 + datepart('month', x) AS BIGINT);
CREATE MACRO bq.main.interval_in_range(x) AS CASE WHEN abs(bq.interval_months(x)) > 120000 OR abs(datepart('day', x)) > 3660000 OR abs(bq.interval_micros(x)) > 316224000000000000 THEN CAST(bq.fail('Interval overflow: the result is not within 10000 years, 3660000 days and 87840000 hours') AS INTERVAL) ELSE x END;
CREATE MACRO bq.main.make_interval(months, days, micros) AS to_months(CAST(months AS INTEGER)) + to_days(CAST(days AS INTEGER)) + to_microseconds(CAST(micros AS BIGINT));
CREATE MACRO bq.main.interval_days(x) AS bq.interval_months(x) * 30 + datepart('day', x);
CREATE MACRO bq.main.interval_clock(days, x) AS days * 86400000000 + bq.interval_micros(x);
-- Each part of the result has the sign of the whole.
CREATE MACRO bq.main.justify_days(x) AS bq.make_interval(bq.interval_days(x) // 30, bq.interval_days(x) % 30, bq.interval_micros(x));
CREATE MACRO bq.main.justify_hours(x) AS bq.make_interval(bq.interval_months(x), bq.interval_clock(datepart('day', x), x) // 86400000000, bq.interval_clock(datepart('day', x), x) % 86400000000);
CREATE MACRO bq.main.justify_interval(x) AS bq.make_interval(bq.interval_clock(bq.interval_days(x), x) // 2592000000000, bq.interval_clock(bq.interval_days(x), x) % 2592000000000 // 86400000000, bq.interval_clock(bq.interval_days(x), x) % 86400000000);
CREATE MACRO bq.main.interval_divide(x, n) AS CASE WHEN n = 0 THEN to_days(CAST(bq.fail('division by zero: INTERVAL / 0') AS INTEGER)) ELSE to_months(CAST(bq.interval_months(x) // n AS INTEGER)) + to_days(CAST((datepart('day', x) + (bq.interval_months(x) % n) * 30) // n AS INTEGER)) + to_microseconds((bq.interval_micros(x) + ((datepart('day', x) + (bq.interval_months(x) % n) * 30) % n) * 86400000000) // n) END;
CREATE MACRO bq.main.interval_sum(x) AS to_months(CAST(list_sum(list_transform(x, lambda i: bq.interval_months(i))) AS INTEGER)) + to_days(CAST(list_sum(list_transform(x, lambda i: datepart('day', i))) AS INTEGER)) + to_microseconds(CAST(list_sum(list_transform(x, lambda i: bq.interval_micros(i))) AS BIGINT));
CREATE MACRO bq.main.interval_average(x) AS CASE WHEN list_count(x) > 0 THEN bq.interval_divide(bq.interval_sum(x), list_count(x)) END;
-- What may be added to a TIMESTAMP: days and less.
CREATE MACRO bq.main.clock_interval(x, op) AS CASE WHEN bq.interval_months(x) != 0 THEN CAST(CAST(bq.fail('TIMESTAMP ' || op || ' INTERVAL is not supported for intervals with non-zero MONTH or YEAR part.') AS VARCHAR) AS INTERVAL) ELSE x END;
-- Months are counted from the start, so that the end of a month stays one.
CREATE MACRO bq.main.generate_months(s, e, n) AS CASE WHEN s IS NULL OR e IS NULL OR n IS NULL THEN NULL WHEN n = 0 THEN list_slice([s], 1, CAST(bq.fail('Sequence step cannot be 0.') AS BIGINT))
    ELSE list_filter(list_transform(range(0, abs(date_diff('month', s, e)) // abs(CASE WHEN n = 0 THEN 1 ELSE n END) + 1), lambda i: s + to_months(CAST(i * n AS INTEGER))), lambda x: CASE WHEN n > 0 THEN x <= e ELSE x >= e END) END;
-- A width of buckets is positive, and is of months or of days and less.
CREATE MACRO bq.main.bucket_width(v) AS CASE WHEN v <= INTERVAL 0 DAY THEN CAST(CAST(bq.fail('The bucket width must be a positive INTERVAL') AS VARCHAR) AS INTERVAL) WHEN datepart('year', v) * 12 + datepart('month', v) != 0 AND (datepart('day', v) != 0 OR datepart('epoch', v) - datepart('epoch', to_months(CAST(datepart('year', v) * 12 + datepart('month', v) AS INTEGER))) != 0) THEN CAST(CAST(bq.fail('The bucket width must have one date or time part') AS VARCHAR) AS INTERVAL) ELSE v END;
-- The bucket of x when buckets are months long: counted from the origin's day and time.
CREATE MACRO bq.main.months_since(x, origin) AS date_diff('month', origin, x) - CASE WHEN x < origin + to_months(CAST(date_diff('month', origin, x) AS INTEGER)) THEN 1 ELSE 0 END;
CREATE MACRO bq.main.bucket(v, x, origin) AS CASE WHEN bq.interval_months(v) > 0 THEN origin + to_months(CAST(floor(bq.months_since(x, origin) / bq.interval_months(v)) * bq.interval_months(v) AS INTEGER)) ELSE time_bucket(v, x, origin) END;
-- A month has no length on the clock.
CREATE MACRO bq.main.clock_width(v) AS CASE WHEN bq.interval_months(v) != 0 THEN CAST(CAST(bq.fail('TIMESTAMP_BUCKET does not support bucket width INTERVAL with non-zero MONTH part') AS VARCHAR) AS INTERVAL) ELSE bq.bucket_width(v) END;
