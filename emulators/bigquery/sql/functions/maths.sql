-- Arithmetic with BigQuery's errors, and exact decimals.
CREATE MACRO bq.main.divide(a, b) AS CASE WHEN b = 0 THEN CAST(bq.fail('division by zero: ' || bq.float_text(a) || ' / ' || bq.float_text(b)) AS DOUBLE) ELSE a / b END;
CREATE MACRO bq.main.float_in_range(r, of_finite) AS CASE WHEN isfinite(r) THEN r WHEN of_finite THEN CAST(bq.fail('double overflow') AS DOUBLE) ELSE r END;
-- NaN is the least number where there is one; statistics of infinities and NaN are NaN.
CREATE MACRO bq.main.least_number(least, greatest) AS CASE WHEN isnan(greatest) THEN greatest ELSE least END;
CREATE MACRO bq.main.finite(x) AS CASE WHEN isfinite(x) THEN x END;
CREATE MACRO bq.main.if_finite(all_finite, x) AS CASE WHEN all_finite = false THEN CAST('nan' AS DOUBLE) ELSE x END;
CREATE MACRO bq.main.reciprocal(x, name) AS CASE WHEN x = 0 THEN CAST(bq.fail('Floating point error in function: ' || name || '(0)') AS DOUBLE) ELSE 1e0 / x END;
CREATE MACRO bq.main.div(a, b) AS CASE WHEN b = 0 THEN bq.fail('division by zero: ' || a || ' / 0') ELSE a // b END;
CREATE MACRO bq.main.mod(a, b) AS CASE WHEN b = 0 THEN bq.fail('division by zero: MOD(' || a || ', 0)') ELSE a % b END;
CREATE MACRO bq.main.numeric_multiply(a, b) AS CASE WHEN abs(a) < 1000000000 AND abs(b) < 1000000000 THEN CAST(a * b AS DECIMAL(38,9)) ELSE bq_numeric_multiply(a, b) END;
-- Units of 1e-9 as HUGEINT, divided and rounded half away from zero; wide values go the slow and exact way.
CREATE MACRO bq.main.numeric_divide(a, b) AS CASE WHEN abs(a) < 1000000000000 AND abs(b) < 1000000000000 AND b != 0
    THEN CAST(sign(a) * sign(b) * ((2 * CAST(abs(a) * 1000000000 AS HUGEINT) * 1000000000 + CAST(abs(b) * 1000000000 AS HUGEINT)) // (2 * CAST(abs(b) * 1000000000 AS HUGEINT))) AS DECIMAL(29,0)) * CAST(0.000000001 AS DECIMAL(9,9))
    ELSE bq_numeric_divide(a, b) END;
-- DuckDB's sums go on beyond the 38 digits that a NUMERIC has.
CREATE MACRO bq.main.numeric_sum(total) AS list_transform([CAST(total AS DECIMAL(38,9))], lambda s: CASE WHEN abs(s) > CAST('99999999999999999999999999999.999999999' AS DECIMAL(38,9)) THEN CAST(CAST(bq.fail('numeric overflow: SUM') AS VARCHAR) AS DECIMAL(38,9)) ELSE s END)[1];
CREATE MACRO bq.main.numeric_average(total, n) AS CASE WHEN n = 0 THEN NULL ELSE CAST(bq.numeric_divide(CAST(total AS DECIMAL(38,9)), CAST(n AS DECIMAL(38,9))) AS DECIMAL(38,9)) END;
CREATE MACRO bq.main.numeric_round(x, n) AS CAST(CASE WHEN n >= 9 THEN x ELSE round(x, CAST(n AS INTEGER)) END AS DECIMAL(38,9));
CREATE MACRO bq.main.trunc_float(x, n) AS CASE WHEN n > 300 OR NOT isfinite(x) THEN x WHEN n < -308 THEN 0e0 ELSE trunc(x * power(10e0, n)) / power(10e0, n) END;
-- DuckDB's root of 27 is not 3: one step nearer to it, by Newton.
CREATE MACRO bq.main.cbrt(x) AS CASE WHEN abs(x) BETWEEN 1e-300 AND 1e300 THEN cbrt(x) - (power(cbrt(x), 3) - x) / (3 * power(cbrt(x), 2)) ELSE cbrt(x) END;
CREATE MACRO bq.main.sqrt(x) AS CASE WHEN x < 0 THEN CAST(bq.fail('Argument to SQRT cannot be negative: ' || bq.float_text(x)) AS DOUBLE) ELSE sqrt(x) END;
CREATE MACRO bq.main.power(x, y) AS CASE WHEN x < 0 AND NOT isinf(y) AND y != trunc(y) THEN CAST(bq.fail('Floating point error in function: POW(' || bq.float_text(x) || ', ' || bq.float_text(y) || ')') AS DOUBLE)
    WHEN isinf(pow(x, y)) AND NOT isinf(x) AND NOT isinf(y) THEN CAST(bq.fail('Floating point overflow in function: POW(' || bq.float_text(x) || ', ' || bq.float_text(y) || ')') AS DOUBLE) ELSE pow(x, y) END;
CREATE MACRO bq.main.exp(x) AS CASE WHEN isinf(exp(x)) AND NOT isinf(x) THEN CAST(bq.fail('Floating point overflow in function: EXP') AS DOUBLE) ELSE exp(x) END;
CREATE MACRO bq.main.checked(r, x, name) AS CASE WHEN isinf(r) AND NOT isinf(x) THEN CAST(bq.fail('Floating point overflow in function: ' || name || '(' || bq.float_text(x) || ')') AS DOUBLE) ELSE r END;
CREATE MACRO bq.main.ln(x) AS CASE WHEN x <= 0 THEN CAST(bq.fail('Floating point error in function: LN(' || bq.float_text(x) || ')') AS DOUBLE) ELSE ln(x) END;
CREATE MACRO bq.main.log10(x) AS CASE WHEN x <= 0 THEN CAST(bq.fail('Floating point error in function: LOG10(' || bq.float_text(x) || ')') AS DOUBLE) ELSE log10(x) END;
CREATE MACRO bq.main.log(x, b) AS CASE WHEN x <= 0 OR b <= 0 OR b = 1 THEN CAST(bq.fail('Floating point error in function: LOG(' || bq.float_text(x) || ', ' || bq.float_text(b) || ')') AS DOUBLE) ELSE ln(x) / ln(b) END;
CREATE MACRO bq.main.acos(x) AS CASE WHEN isnan(x) THEN x WHEN abs(x) > 1 THEN CAST(bq.fail('Floating point error in function: ACOS(' || bq.float_text(x) || ')') AS DOUBLE) ELSE acos(x) END;
CREATE MACRO bq.main.asin(x) AS CASE WHEN isnan(x) THEN x WHEN abs(x) > 1 THEN CAST(bq.fail('Floating point error in function: ASIN(' || bq.float_text(x) || ')') AS DOUBLE) ELSE asin(x) END;
CREATE MACRO bq.main.acosh(x) AS CASE WHEN x < 1 THEN CAST(bq.fail('Floating point error in function: ACOSH(' || bq.float_text(x) || ')') AS DOUBLE) ELSE acosh(x) END;
CREATE MACRO bq.main.atanh(x) AS CASE WHEN isnan(x) THEN x WHEN abs(x) >= 1 THEN CAST(bq.fail('Floating point error in function: ATANH(' || bq.float_text(x) || ')') AS DOUBLE) ELSE atanh(x) END;
-- One NULL among the arguments makes the result NULL.
CREATE MACRO bq.main.greatest(x) AS CASE WHEN list_count(x) < len(x) THEN NULL ELSE list_max(x) END;
CREATE MACRO bq.main.least(x) AS CASE WHEN list_count(x) < len(x) THEN NULL ELSE list_min(x) END;
CREATE MACRO bq.main.least_float(x) AS CASE WHEN list_count(x) < len(x) THEN NULL WHEN isnan(list_max(x)) THEN list_max(x) ELSE list_min(x) END;
CREATE MACRO bq.main.range_bucket(x, bounds) AS CASE WHEN x IS NULL OR bounds IS NULL OR (typeof(x) = 'DOUBLE' AND lower(CAST(x AS VARCHAR)) = 'nan') THEN NULL WHEN list_count(bounds) < len(bounds) OR (typeof(x) = 'DOUBLE' AND lower(CAST(list_last(bounds) AS VARCHAR)) = 'nan') OR list_sort(bounds) != bounds THEN bq.fail('Elements in input array to RANGE_BUCKET must be in ascending order.') ELSE CAST(len(list_filter(bounds, lambda b: b <= x)) AS BIGINT) END;
CREATE MACRO bq.main.shift_left(x, n) AS CASE WHEN n < 0 THEN bq.fail('Bitwise shift by negative offset.') WHEN n >= 64 THEN 0 ELSE bq_shift_left(x, n) END;
CREATE MACRO bq.main.shift_right(x, n) AS CASE WHEN n < 0 THEN bq.fail('Bitwise shift by negative offset.') WHEN n >= 64 THEN 0 WHEN x >= 0 THEN x >> n ELSE bq_shift_right(x, n) END;
-- Distances; a sparse vector is a list of (a: dimension, b: magnitude).
CREATE MACRO bq.main.vector(x) AS CASE WHEN list_count(x) < len(x) THEN list_slice(x, 1, CAST(bq.fail('NULL array element in a vector is not supported') AS BIGINT)) ELSE x END;
CREATE MACRO bq.main.direction(x) AS CASE WHEN len(x) = 0 OR list_min(x) = 0 AND list_max(x) = 0 THEN list_slice(x, 1, CAST(bq.fail('Cannot compute cosine distance against zero vector') AS BIGINT)) ELSE bq.vector(x) END;
CREATE MACRO bq.main.magnitude(x, d) AS coalesce(list_extract(list_filter(x, lambda m: m.a = d), 1).b, 0e0);
CREATE MACRO bq.main.magnitudes(x) AS list_transform(x, lambda m: m.b);
CREATE MACRO bq.main.in_dimensions_of(x, y) AS list_concat(list_transform(x, lambda e: bq.magnitude(y, e.a)), bq.magnitudes(list_filter(y, lambda e: NOT list_contains(list_transform(x, lambda o: o.a), e.a))));
CREATE MACRO bq.main.with_missing(x, y) AS list_concat(bq.magnitudes(x), list_transform(list_filter(y, lambda e: NOT list_contains(list_transform(x, lambda o: o.a), e.a)), lambda e: 0e0));
CREATE MACRO bq.main.sparse_cosine(x, y) AS CASE WHEN x IS NOT NULL AND y IS NOT NULL THEN list_cosine_distance(bq.direction(bq.with_missing(x, y)), bq.direction(bq.in_dimensions_of(x, y))) END;
CREATE MACRO bq.main.sparse_euclidean(x, y) AS CASE WHEN x IS NOT NULL AND y IS NOT NULL THEN list_distance(bq.vector(bq.with_missing(x, y)), bq.vector(bq.in_dimensions_of(x, y))) END;
