-- BIGNUMERIC is a BIGNUM that holds the value times 10^38: what DuckDB computes exactly is here, the rest in Python.
CREATE MACRO bq.main.in_bignumeric(x) AS x IS NULL OR x BETWEEN CAST('-57896044618658097711785492504343953926634992332820282019728792003956564819968' AS BIGNUM) AND CAST('57896044618658097711785492504343953926634992332820282019728792003956564819967' AS BIGNUM);
CREATE MACRO bq.main.bignumeric_overflow(what) AS CAST(CAST(bq.fail('bignumeric overflow: ' || what) AS VARCHAR) AS BIGNUM);
-- What names an argument more than once binds it first: a macro copies it to each place, and sums of sums would double.
-- Texts: 39 digits at least, a point before the last 38 of them, and no zeros behind it.
CREATE MACRO bq.main.with_point(sign, digits) AS sign || left(digits, -38) || rtrim('.' || right(digits, 38), '.0');
CREATE MACRO bq.main.digits_text(t) AS bq.with_point(CASE WHEN t[1] = '-' THEN '-' ELSE '' END, lpad(ltrim(t, '-'), CAST(greatest(39, strlen(ltrim(t, '-'))) AS INTEGER), '0'));
CREATE MACRO bq.main.bignumeric_text(x) AS list_transform([CAST(x AS VARCHAR)], lambda t: bq.digits_text(t))[1];
CREATE MACRO bq.main.to_bignumeric(x) AS bq_bignumeric_from_text(x);
CREATE MACRO bq.main.int64_to_bignumeric(x) AS CAST(CAST(x AS VARCHAR) || repeat('0', 38) AS BIGNUM);
CREATE MACRO bq.main.numeric_to_bignumeric(x) AS CAST(replace(CAST(CAST(x AS DECIMAL(38,9)) AS VARCHAR), '.', '') || repeat('0', 29) AS BIGNUM);
CREATE MACRO bq.main.float_to_bignumeric(x) AS CASE WHEN isnan(x) OR isinf(x) THEN CAST(CAST(bq.fail('Illegal conversion of non-finite floating point number to BIGNUMERIC: ' || bq_float_text(x)) AS VARCHAR) AS BIGNUM) ELSE bq_bignumeric_from_float(x) END;
CREATE MACRO bq.main.bignumeric_to_float(x) AS CAST(CAST(x AS VARCHAR) || 'e-38' AS DOUBLE);
CREATE MACRO bq.main.added(s, a, sign, b) AS CASE WHEN bq.in_bignumeric(s) THEN s ELSE bq.bignumeric_overflow(bq.bignumeric_text(a) || sign || bq.bignumeric_text(b)) END;
CREATE MACRO bq.main.bignumeric_add(a, b) AS list_transform([[a, b]], lambda p: bq.added(p[1] + p[2], p[1], ' + ', p[2]))[1];
-- DuckDB's own a - b turns b's bytes round where they lie, while other queries read them, and a - a is no 0; its -x of
-- more than 12 bytes compares wrongly. What is added is neither.
CREATE MACRO bq.main.bignum_minus(a, b) AS a + (-b);
CREATE MACRO bq.main.bignumeric_subtract(a, b) AS list_transform([[a, b]], lambda p: bq.added(bq.bignum_minus(p[1], p[2]), p[1], ' - ', p[2]))[1];
CREATE MACRO bq.main.bignumeric_negate(x) AS bq.bignumeric_subtract(CAST('0' AS BIGNUM), x);
CREATE MACRO bq.main.bignumeric_abs(x) AS list_transform([x], lambda p: CASE WHEN p < CAST('0' AS BIGNUM) THEN bq.bignumeric_negate(p) ELSE p END)[1];
CREATE MACRO bq.main.sign_of(p) AS CASE WHEN p > CAST('0' AS BIGNUM) THEN 1 WHEN p < CAST('0' AS BIGNUM) THEN -1 WHEN p IS NOT NULL THEN 0 END;
CREATE MACRO bq.main.bignumeric_sign(x) AS bq.int64_to_bignumeric(list_transform([x], lambda p: bq.sign_of(p))[1]);
CREATE MACRO bq.main.bignumeric_sum(total) AS list_transform([total], lambda p: CASE WHEN bq.in_bignumeric(p) THEN p ELSE bq.bignumeric_overflow('SUM') END)[1];
CREATE MACRO bq.main.bignumeric_average(total, n) AS CASE WHEN n = 0 THEN NULL ELSE bq_bignumeric_average(total, n) END;
CREATE MACRO bq.main.bignumeric_multiply(a, b) AS bq_bignumeric_multiply(a, b);
CREATE MACRO bq.main.bignumeric_divide(a, b) AS bq_bignumeric_divide(a, b);
CREATE MACRO bq.main.limit_bignumeric(x, p, s) AS bq_bignumeric_limit(x, p, s, false);
CREATE MACRO bq.main.limit_bignumeric_even(x, p, s) AS bq_bignumeric_limit(x, p, s, true);
