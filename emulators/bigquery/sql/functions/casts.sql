-- Text to values and values to text, with BigQuery's rules and messages.
CREATE MACRO bq.main.is_number(x) AS regexp_full_match(trim(x), '[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?');
CREATE MACRO bq.main.capital_marks(x) AS CASE WHEN contains(x, 't') OR contains(x, 'z') THEN regexp_replace(regexp_replace(x, '(\d)t(\d)', '\1T\2'), '(\d)z$', '\1Z') ELSE x END;
CREATE MACRO bq.main.zone_text(x) AS regexp_replace(CASE WHEN regexp_matches(x, '[+-]\d(:\d{2})?$') AND regexp_matches(x, ':\d') THEN regexp_replace(x, '([+-])(\d)(:\d{2})?$', '\10\2\3') ELSE x END, '^(\d+-\d+-\d+)([+-].*|[Zz]| [A-Za-z_].*)$', '\1 00:00:00\2');
CREATE MACRO bq.main.float_text(x) AS CASE WHEN abs(x) >= 1e15 AND abs(x) < 1e16 THEN bq_float_text(x) ELSE regexp_replace(CAST(x AS VARCHAR), '\.0$', '') END;
CREATE MACRO bq.main.decimal_text(x) AS CASE WHEN contains(CAST(x AS VARCHAR), '.') THEN rtrim(rtrim(CAST(x AS VARCHAR), '0'), '.') ELSE CAST(x AS VARCHAR) END;
CREATE MACRO bq.main.fraction_text(micros) AS CASE WHEN micros = 0 THEN '' WHEN micros % 1000 = 0 THEN '.' || lpad(CAST(micros // 1000 AS VARCHAR), 3, '0') ELSE '.' || lpad(CAST(micros AS VARCHAR), 6, '0') END;
CREATE MACRO bq.main.round_half_away(x, s) AS CAST(round(x, CAST(s AS INTEGER)) AS DECIMAL(38,9));
-- X_or: what is no X becomes `otherwise`. CAST fails there; SAFE_CAST gives NULL without an error, which costs more a row.
-- No COALESCE around what may fail: see analysis/trying.py.
CREATE MACRO bq.main.int64_or(x, otherwise) AS CASE
    WHEN regexp_full_match(x, '\s*[+-]?\d+\s*') THEN CASE WHEN TRY_CAST(trim(x) AS BIGINT) IS NULL THEN otherwise ELSE TRY_CAST(trim(x) AS BIGINT) END
    WHEN regexp_full_match(x, '\s*[+-]?0[xX][0-9a-fA-F]+\s*') THEN bq_hex_to_int64(trim(x))
    WHEN x IS NULL THEN NULL ELSE otherwise END;
CREATE MACRO bq.main.to_int64(x) AS bq.int64_or(x, bq.fail('Bad int64 value: ' || x));
CREATE MACRO bq.main.float64_or(x, otherwise) AS CASE
    WHEN x IS NULL THEN NULL
    WHEN regexp_full_match(lower(trim(x)), '[+-]?(inf|infinity)') THEN CASE WHEN trim(x)[1] = '-' THEN CAST('-inf' AS DOUBLE) ELSE CAST('inf' AS DOUBLE) END
    WHEN lower(trim(x)) = 'nan' THEN CAST('nan' AS DOUBLE)
    WHEN bq.is_number(x) AND isfinite(TRY_CAST(trim(x) AS DOUBLE)) THEN TRY_CAST(trim(x) AS DOUBLE)
    ELSE otherwise END;
CREATE MACRO bq.main.to_float64(x) AS bq.float64_or(x, CAST(bq.fail('Bad double value: ' || x) AS DOUBLE));
-- DuckDB reads 18 digits ten times as fast as 38.
CREATE MACRO bq.main.decimal(x) AS coalesce(CAST(TRY_CAST(x AS DECIMAL(18,9)) AS DECIMAL(38,9)), TRY_CAST(x AS DECIMAL(38,9)));
CREATE MACRO bq.main.numeric_or(x, otherwise) AS CASE WHEN x IS NULL THEN NULL
    WHEN bq.is_number(x) THEN CASE WHEN bq.decimal(trim(x)) IS NULL THEN otherwise ELSE bq.decimal(trim(x)) END
    ELSE otherwise END;
CREATE MACRO bq.main.to_numeric(x) AS bq.numeric_or(x, CAST(bq.fail('Invalid NUMERIC value: ' || x) AS DECIMAL(38,9)));
CREATE MACRO bq.main.bool_or(x, otherwise) AS CASE lower(x) WHEN 'true' THEN true WHEN 'false' THEN false
    ELSE CASE WHEN x IS NULL THEN NULL ELSE otherwise END END;
CREATE MACRO bq.main.to_bool(x) AS bq.bool_or(x, CAST(bq.fail('Bad bool value: ' || x) AS BOOLEAN));
-- A year of four digits that is not 0000, a month, a day.
CREATE MACRO bq.main.day_pattern() AS '(?:\d{3}[1-9]|\d\d[1-9]0|\d[1-9]00|[1-9]000)-\d{1,2}-\d{1,2}';
CREATE MACRO bq.main.date_or(x, otherwise) AS CASE WHEN x IS NULL THEN NULL
    WHEN regexp_matches(x, '^\s*' || bq.day_pattern()) AND TRY_CAST(regexp_extract(x, '^\s*(' || bq.day_pattern() || ')\s*($|[T ]\s*\d{1,2}:\d{1,2})', 1) AS DATE) IS NOT NULL
    THEN CAST(regexp_extract(x, '^\s*(' || bq.day_pattern() || ')', 1) AS DATE)
    ELSE otherwise END;
CREATE MACRO bq.main.to_date(x) AS bq.date_or(x, CAST(CAST(bq.fail('Invalid date: ''' || x || '''') AS VARCHAR) AS DATE));
CREATE MACRO bq.main.time_or(x, otherwise) AS CASE WHEN x IS NULL THEN NULL
    WHEN regexp_full_match(x, '\s*([01]?\d|2[0-3]):\d{1,2}:\d{1,2}(\.\d{0,6})?\s*') THEN CASE WHEN TRY_CAST(trim(x) AS TIME) IS NULL THEN otherwise ELSE TRY_CAST(trim(x) AS TIME) END
    ELSE otherwise END;
CREATE MACRO bq.main.to_time(x) AS bq.time_or(x, CAST(CAST(bq.fail('Invalid time string "' || x || '"') AS VARCHAR) AS TIME));
CREATE MACRO bq.main.datetime_or(x, otherwise) AS CASE WHEN x IS NULL THEN NULL
    WHEN regexp_full_match(x, '\s*' || bq.day_pattern() || '([Tt ]\s*([01]?\d|2[0-3]):\d{1,2}:\d{1,2}(\.\d{0,6})?)?\s*') THEN CASE WHEN TRY_CAST(bq.capital_marks(trim(x)) AS TIMESTAMP) IS NULL THEN otherwise ELSE TRY_CAST(bq.capital_marks(trim(x)) AS TIMESTAMP) END
    ELSE otherwise END;
CREATE MACRO bq.main.to_datetime(x) AS bq.datetime_or(x, CAST(CAST(bq.fail('Invalid datetime string "' || x || '"') AS VARCHAR) AS TIMESTAMP));
CREATE MACRO bq.main.date_text(x) AS strftime(x, '%Y-%m-%d');
CREATE MACRO bq.main.time_text(x) AS strftime(DATE '1970-01-01' + x, '%H:%M:%S') || bq.fraction_text(microsecond(x) % 1000000);
CREATE MACRO bq.main.datetime_text(x) AS strftime(x, '%Y-%m-%d %H:%M:%S') || bq.fraction_text(microsecond(x) % 1000000);
CREATE MACRO bq.main.timestamp_text(x) AS strftime(make_timestamp(epoch_us(x)), '%Y-%m-%d %H:%M:%S') || bq.fraction_text(microsecond(make_timestamp(epoch_us(x))) % 1000000) || '+00';
CREATE MACRO bq.main.float_to_int64(x) AS CASE WHEN isnan(x) OR isinf(x) THEN bq.fail('Illegal conversion of non-finite floating point number to an integer: ' || bq_float_text(x))
    WHEN x >= 9223372036854775808.0 OR x < -9223372036854775808.0 THEN bq.fail('Bad int64 value: ' || bq_float_text(x)) ELSE CAST(round(x) AS BIGINT) END;
CREATE MACRO bq.main.float_to_numeric(x) AS CASE WHEN isnan(x) OR isinf(x) THEN CAST(bq.fail('Illegal conversion of non-finite floating point number to NUMERIC: ' || bq_float_text(x)) AS DECIMAL(38,9)) ELSE CAST(x AS DECIMAL(38,9)) END;
CREATE MACRO bq.main.bytes_to_string(x) AS bq_bytes_to_string(x);
CREATE MACRO bq.main.limit_string(x, n) AS CASE WHEN length(x) > n THEN CAST(bq.fail('maximum length ' || n || ' exceeded: length ' || length(x)) AS VARCHAR) ELSE x END;
CREATE MACRO bq.main.limit_bytes(x, n) AS CASE WHEN octet_length(x) > n THEN CAST(CAST(bq.fail('maximum length ' || n || ' exceeded: length ' || octet_length(x)) AS VARCHAR) AS BLOB) ELSE x END;
CREATE MACRO bq.main.limit_numeric(x, p, s) AS CASE WHEN abs(bq.round_half_away(x, s)) >= CAST(power(10, p - s) AS DECIMAL(38,0)) THEN CAST(bq.fail('numeric overflow: ' || bq.decimal_text(x)) AS DECIMAL(38,9)) ELSE bq.round_half_away(x, s) END;
-- r is x rounded half away from zero, to s digits; an odd one of a half goes back to the even one. Counted in units of the last digit.
CREATE MACRO bq.main.units(x, s) AS CAST(x * CAST(power(10, s) AS DECIMAL(10,0)) AS HUGEINT);
CREATE MACRO bq.main.nearest_even(x, r, s) AS CASE WHEN (x - r) + (x - r) + sign(r) * CAST(power(10, -s) AS DECIMAL(38,9)) = 0 AND bq.units(r, s) % 2 != 0 THEN r + (x - r) + (x - r) ELSE r END;
CREATE MACRO bq.main.limit_numeric_even(x, p, s) AS bq.limit_numeric(CAST(bq.nearest_even(x, bq.round_half_away(x, s), s) AS DECIMAL(38,9)), p, s);
CREATE MACRO bq.main.interval_text(x) AS bq_interval_text(datepart('year', x) * 12 + datepart('month', x), datepart('day', x), CAST(datepart('hour', x) AS BIGINT) * 3600000000 + datepart('minute', x) * 60000000 + datepart('microsecond', x));
CREATE MACRO bq.main.interval_iso(x) AS bq_interval_iso(datepart('year', x) * 12 + datepart('month', x), datepart('day', x), CAST(datepart('hour', x) AS BIGINT) * 3600000000 + datepart('minute', x) * 60000000 + datepart('microsecond', x));
CREATE MACRO bq.main.to_interval(x) AS CAST(bq_interval_parse(x) AS INTERVAL);
CREATE MACRO bq.main.difference_interval(a, b) AS to_microseconds(CAST(epoch_us(CAST(a AS TIMESTAMP)) - epoch_us(CAST(b AS TIMESTAMP)) AS BIGINT));
CREATE MACRO bq.main.parse_json(x, m) AS CASE WHEN x IS NULL OR m IS NULL THEN NULL WHEN m NOT IN ('exact', 'round') THEN CAST(bq.fail('Invalid `wide_number_mode` specified: ' || m) AS VARCHAR)::JSON WHEN m = 'exact' AND regexp_matches(x, '[0-9.]{16}') AND NOT bq_json_is_exact(x) THEN CAST(bq.fail('Input number cannot round-trip through string representation: ' || x) AS VARCHAR)::JSON WHEN json_valid(x) THEN CAST(CASE WHEN regexp_matches(x, '[{.eE\s]|\d{19}|-0') THEN bq_json_ordered(x) ELSE x END AS JSON) ELSE CAST(bq.fail('syntax error while parsing value - invalid JSON: ' || x) AS VARCHAR)::JSON END;
CREATE MACRO bq.main.latin1(x) AS bq_latin1(x);
CREATE MACRO bq.main.number_text(x) AS regexp_replace(regexp_replace(replace(trim(x), ',', ''), '^([+-])\s+', '\1'), '^([\d.].*?)\s*([+-])$', '\2\1');
