-- Arrays: offsets from 0, errors out of bounds, NULL arrays in NULL out.
CREATE MACRO bq.main.array_offset(x, i) AS CASE WHEN i < 0 OR i >= len(x) THEN list_extract(list_slice(x, 1, 0), CAST(bq.fail('Array index ' || i || ' is out of bounds (overflow)') AS BIGINT)) ELSE list_extract(x, i + 1) END;
CREATE MACRO bq.main.array_ordinal(x, i) AS CASE WHEN i < 1 OR i > len(x) THEN list_extract(list_slice(x, 1, 0), CAST(bq.fail('Array index ' || i || ' is out of bounds (overflow)') AS BIGINT)) ELSE list_extract(x, i) END;
CREATE MACRO bq.main.array_safe_offset(x, i) AS CASE WHEN i < 0 THEN NULL ELSE list_extract(x, i + 1) END;
CREATE MACRO bq.main.array_safe_ordinal(x, i) AS CASE WHEN i < 1 THEN NULL ELSE list_extract(x, i) END;
CREATE MACRO bq.main.known(x) AS list_filter(x, lambda e: e IS NOT NULL);
CREATE MACRO bq.main.array_first(x) AS CASE WHEN len(x) = 0 THEN list_extract(x, CAST(bq.fail('ARRAY_FIRST cannot get the first element of an empty array') AS BIGINT)) ELSE list_extract(x, 1) END;
CREATE MACRO bq.main.array_last(x) AS CASE WHEN len(x) = 0 THEN list_extract(x, CAST(bq.fail('ARRAY_LAST cannot get the last element of an empty array') AS BIGINT)) ELSE list_extract(x, -1) END;
CREATE MACRO bq.main.array_slice(x, s, e) AS CASE WHEN x IS NULL OR s IS NULL OR e IS NULL THEN NULL ELSE list_slice(x, CASE WHEN s < 0 THEN greatest(len(x) + s, 0) ELSE s END + 1, CASE WHEN e < 0 THEN len(x) + e ELSE least(e, len(x)) END + 1) END;
CREATE MACRO bq.main.array_concat(x, y) AS CASE WHEN x IS NULL OR y IS NULL THEN NULL ELSE list_concat(x, y) END;
CREATE MACRO bq.main.array_concat_all(x) AS CASE WHEN list_count(x) < len(x) THEN NULL ELSE flatten(x) END;
-- Joined with the delimiter in front of each item but the first: DuckDB joins with constants alone.
CREATE MACRO bq.main.joined(x, d) AS CASE WHEN d IS NULL THEN NULL ELSE array_to_string(list_transform(x, lambda e, i: CASE WHEN i = 1 THEN e ELSE d || e END), '') END;
CREATE MACRO bq.main.array_to_string(x, d) AS bq.joined(list_filter(x, lambda e: e IS NOT NULL), d);
CREATE MACRO bq.main.array_to_string_null(x, d, n) AS CASE WHEN n IS NULL THEN NULL ELSE bq.joined(list_transform(x, lambda e: coalesce(e, n)), d) END;
CREATE MACRO bq.main.latin1_items(x) AS list_transform(x, lambda e: CASE WHEN e IS NOT NULL THEN bq_latin1(e) END);
CREATE MACRO bq.main.array_is_distinct(x) AS len(x) = len(list_distinct(x)) + CASE WHEN list_count(x) < len(x) THEN 1 ELSE 0 END;
-- The places of quantiles among values of which NULL is the least: at p, and between two of them.
CREATE MACRO bq.main.sorted(x) AS list_sort(x, 'ASC', 'NULLS FIRST');
CREATE MACRO bq.main.sorted_disc(s, p) AS list_extract(s, CAST(greatest(ceil(p * len(s)), 1) AS BIGINT));
CREATE MACRO bq.main.between_two(lo, hi, f) AS CASE WHEN lo IS NULL THEN CASE WHEN f = 0 THEN NULL ELSE hi END ELSE lo + (hi - lo) * f END;
CREATE MACRO bq.main.sorted_cont(s, p) AS bq.between_two(list_extract(s, CAST(floor(p * (len(s) - 1)) AS BIGINT) + 1), list_extract(s, CAST(ceil(p * (len(s) - 1)) AS BIGINT) + 1), p * (len(s) - 1) - floor(p * (len(s) - 1)));
-- Each value where it is met first.
CREATE MACRO bq.main.numbered(x) AS list_sort(list_transform(x, lambda v, i: {'v': v, 'i': i}));
CREATE MACRO bq.main.firsts(s) AS list_transform(list_filter(list_zip(s, list_concat([NULL], list_slice(s, 1, -2))), lambda e: e[2] IS NULL OR e[1].v IS DISTINCT FROM e[2].v), lambda e: e[1]);
CREATE MACRO bq.main.first_of_each(x) AS CASE WHEN x IS NOT NULL THEN list_transform(list_sort(list_transform(bq.firsts(bq.numbered(x)), lambda e: {'i': e.i, 'v': e.v})), lambda e: e.v) END;
-- Of arrays: NULL where a NULL decides.
CREATE MACRO bq.main.arrays_equal(x, y) AS CASE WHEN x IS NULL OR y IS NULL THEN NULL WHEN len(x) != len(y) THEN false WHEN list_count(x) = len(x) AND list_count(y) = len(y) THEN x = y
    WHEN list_bool_and(list_transform(list_zip(x, y), lambda e: e[1] = e[2])) THEN CASE WHEN len(list_filter(list_zip(x, y), lambda e: e[1] IS NULL OR e[2] IS NULL)) = 0 THEN true END ELSE false END;
-- x IN UNNEST(array): NULL when it is not found and the array has a NULL.
CREATE MACRO bq.main.in_array(x, a) AS CASE WHEN a IS NULL OR len(a) = 0 THEN false WHEN x IS NULL THEN NULL WHEN list_contains(a, x) THEN true WHEN list_count(a) < len(a) THEN NULL ELSE false END;
CREATE MACRO bq.main.generate_integers(s, e, n) AS CASE WHEN n = 0 THEN list_slice([bq.fail('Sequence step cannot be 0.')], 1, 1) ELSE generate_series(s, e, n) END;
CREATE MACRO bq.main.generate_numbers(s, e, n) AS list_transform(range(0, CASE WHEN (n > 0 AND s > e) OR (n < 0 AND s < e) THEN 0 WHEN n = 0 THEN bq.fail('Sequence step cannot be 0.') ELSE CAST(floor((e - s)::DOUBLE / n::DOUBLE + 1e-9) AS BIGINT) + 1 END), lambda i: CAST(s + i * n AS DECIMAL(38,9)));
CREATE MACRO bq.main.generate_floats(s, e, n) AS list_transform(range(0, CASE WHEN (n > 0 AND s > e) OR (n < 0 AND s < e) THEN 0 WHEN n = 0 THEN bq.fail('Sequence step cannot be 0.') ELSE CAST(floor((e - s) / n) AS BIGINT) + 1 END), lambda i: s + i * n);
-- The most frequent values with their counts; of equal counts the smaller value first.
CREATE MACRO bq.main.top_count(x, n) AS list_slice(list_transform(list_sort(list_concat(list_transform(map_entries(list_histogram(x)), lambda e: {'c': -CAST(e.value AS BIGINT), 'v': e.key}), CASE WHEN list_count(x) < len(x) THEN [{'c': CAST(list_count(x) - len(x) AS BIGINT), 'v': list_extract(list_filter(x, lambda e: e IS NULL), 1)}] ELSE [] END)), lambda e: {'value': e.v, 'count': -e.c}), 1, n);
-- The values with the greatest sums of weights, with those sums; of equal sums the smaller value first.
CREATE MACRO bq.main.weight(w) AS CASE WHEN w < 0 OR lower(CAST(w AS VARCHAR)) = 'nan' THEN bq.fail('The weight of APPROX_TOP_SUM must not be negative or NaN') ELSE w END;
CREATE MACRO bq.main.top_sum(x, n) AS list_slice(list_transform(list_sort(list_transform(list_distinct(list_transform(x, lambda e: {'v': e.v})), lambda d: {'s': 0 + (-list_sum(list_transform(list_filter(x, lambda e: e.v IS NOT DISTINCT FROM d.v), lambda e: e.w))), 'v': d.v})), lambda e: {'value': e.v, 'sum': 0 + (-e.s)}), 1, n);
-- How often each of the items is there, NULL first.
CREATE MACRO bq.main.occurrences(x) AS CASE WHEN x IS NOT NULL THEN list_transform(list_concat(CASE WHEN list_count(x) < len(x) THEN [NULL] ELSE [] END, list_sort(list_distinct(x))), lambda d: struct_pack(term := d, "count" := CAST(len(list_filter(x, lambda e: e IS NOT DISTINCT FROM d)) AS BIGINT))) END;
