-- Strings: positions from 1, negative ones from the end, NULL in NULL out.
CREATE MACRO bq.main.fold(x) AS lower(nfc_normalize(x));
-- Letters whose other case is of several, or depends on the place in a word, are Python's.
CREATE MACRO bq.main.upper(x) AS CASE WHEN strlen(x) = length(x) THEN upper(x) WHEN regexp_matches(x, '[ßŉǰΐΰևẖ-ẚὐὒὔὖᾀ-ᾯᾲ-ᾴᾶᾷᾼῂ-ῄῆῇῌῒΐῖῗῢ-ῤῦῧῲ-ῴῶῷῼﬀ-ﬗ]') THEN bq_upper_text(x) ELSE upper(x) END;
CREATE MACRO bq.main.lower(x) AS CASE WHEN strlen(x) = length(x) THEN lower(x) WHEN regexp_matches(x, '[İΣ]') THEN bq_lower_text(x) ELSE lower(x) END;
CREATE MACRO bq.main.trim_space(x) AS regexp_replace(x, '^[\s\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]+|[\s\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]+$', '', 'g');
CREATE MACRO bq.main.ltrim_space(x) AS regexp_replace(x, '^[\s\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]+', '');
CREATE MACRO bq.main.rtrim_space(x) AS regexp_replace(x, '[\s\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]+$', '');
CREATE MACRO bq.main.ascii_lower(x) AS translate(x, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz');
CREATE MACRO bq.main.ascii_upper(x) AS translate(x, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ');
-- array_slice and substring count characters here by code point, as BigQuery does (DuckDB's substring does too).
-- DuckDB counts letters in 32 bits.
CREATE MACRO bq.main.letters(n) AS CASE WHEN n > 4294967295 THEN 4294967295 WHEN n < -4294967295 THEN -4294967295 ELSE n END;
CREATE MACRO bq.main.substr_from(x, p) AS CASE WHEN p > 0 THEN substring(x, bq.letters(p)) WHEN p = 0 OR -bq.letters(p) >= length(x) THEN x ELSE right(x, -p) END;
CREATE MACRO bq.main.substr(x, p, n) AS CASE WHEN n < 0 THEN CAST(bq.fail('Third argument in SUBSTR() cannot be negative') AS VARCHAR)
    WHEN p > 0 THEN substring(x, bq.letters(p), bq.letters(n)) WHEN p = 0 OR -bq.letters(p) >= length(x) THEN left(x, bq.letters(n)) ELSE left(right(x, -p), bq.letters(n)) END;
CREATE MACRO bq.main.left(x, n) AS CASE WHEN n < 0 THEN CAST(bq.fail('Second argument in LEFT() cannot be negative') AS VARCHAR) ELSE left(x, bq.letters(n)) END;
CREATE MACRO bq.main.right(x, n) AS CASE WHEN n < 0 THEN CAST(bq.fail('Second argument in RIGHT() cannot be negative') AS VARCHAR) ELSE right(x, bq.letters(n)) END;
CREATE MACRO bq.main.lpad(x, n, p) AS CASE WHEN n < 0 THEN CAST(bq.fail('Second argument (output size) for LPAD/RPAD cannot be negative') AS VARCHAR) WHEN p = '' THEN CAST(bq.fail('Third argument (pad pattern) for LPAD/RPAD cannot be empty') AS VARCHAR) WHEN n > 1048576 THEN CAST(bq.fail('Output of LPAD/RPAD exceeds max allowed output size of 1MB') AS VARCHAR) ELSE lpad(x, CAST(n AS INTEGER), p) END;
CREATE MACRO bq.main.rpad(x, n, p) AS CASE WHEN n < 0 THEN CAST(bq.fail('Second argument (output size) for LPAD/RPAD cannot be negative') AS VARCHAR) WHEN p = '' THEN CAST(bq.fail('Third argument (pad pattern) for LPAD/RPAD cannot be empty') AS VARCHAR) WHEN n > 1048576 THEN CAST(bq.fail('Output of LPAD/RPAD exceeds max allowed output size of 1MB') AS VARCHAR) ELSE rpad(x, CAST(n AS INTEGER), p) END;
CREATE MACRO bq.main.repeat(x, n, size) AS CASE WHEN n < 0 THEN CAST(bq.fail('Second argument (repeat count) for REPEAT cannot be negative') AS VARCHAR) WHEN size = 0 AND n >= 0 THEN x WHEN n > 1048576 // size THEN CAST(bq.fail('Output of REPEAT exceeds max allowed output size of 1MB') AS VARCHAR) ELSE repeat(x, n) END;
CREATE MACRO bq.main.replace(x, a, b) AS CASE WHEN a = '' THEN CASE WHEN b IS NULL THEN NULL ELSE x END ELSE replace(x, a, b) END;
CREATE MACRO bq.main.split(x, d) AS CASE WHEN x IS NULL OR d IS NULL THEN NULL WHEN d = '' THEN CASE WHEN x = '' THEN [''] ELSE regexp_extract_all(x, '(?s).') END ELSE string_split(x, d) END;
CREATE MACRO bq.main.concat(x) AS CASE WHEN list_count(x) < len(x) THEN NULL ELSE array_to_string(x, '') END;
CREATE MACRO bq.main.ascii(x) AS CASE WHEN x = '' THEN 0 WHEN unicode(x) > 127 THEN bq.fail('ASCII() argument starts with a non-ASCII character') ELSE CAST(unicode(x) AS BIGINT) END;
-- With a group the group, without one the whole match; no match is NULL.
CREATE MACRO bq.main.groups(p) AS len(regexp_extract_all(regexp_replace(p, '\\.|\[\^?\]?[^\]]*\]', '', 'g'), '\((?:[^?]|\?P?<)'));
CREATE MACRO bq.main.group_of(p) AS CASE WHEN bq.groups(p) > 1 THEN CAST(bq.fail('Regular expressions passed into extraction functions must not have more than 1 capturing group') AS INTEGER) ELSE CAST(bq.groups(p) AS INTEGER) END;
CREATE MACRO bq.main.regexp_extract(x, p) AS CASE bq.group_of(p) WHEN 1 THEN regexp_extract_all(x, p, 1)[1] ELSE CASE WHEN regexp_matches(x, p) THEN regexp_extract(x, p) END END;
CREATE MACRO bq.main.regexp_extract_all(x, p) AS CASE WHEN bq.group_of(p) = 1 THEN regexp_extract_all(x, p, 1) ELSE regexp_extract_all(x, p) END;
CREATE MACRO bq.main.regexp_extract_at(x, p, s, n) AS CASE WHEN s <= 0 THEN CAST(bq.fail('Invalid position: ' || s) AS VARCHAR) WHEN n <= 0 THEN CAST(bq.fail('Invalid occurrence: ' || n) AS VARCHAR) WHEN s > length(x) + 1 THEN NULL ELSE bq.regexp_extract_all(substring(x, s), p)[n] END;
CREATE MACRO bq.main.references(r) AS coalesce(list_max(list_transform(regexp_extract_all(replace(r, '\\', ''), '\\(\d)', 1), lambda d: CAST(d AS INTEGER))), 0);
CREATE MACRO bq.main.regexp_replace(x, p, r) AS CASE WHEN contains(r, '\') AND regexp_matches(replace(r, '\\', ''), '\\([^0-9]|$)') THEN CAST(bq.fail('Invalid REGEXP_REPLACE pattern: Rewrite schema error: ''\'' must be followed by a digit or ''\''.') AS VARCHAR)
    WHEN contains(r, '\') AND bq.references(r) > bq.groups(p) THEN CAST(bq.fail('Invalid REGEXP_REPLACE pattern: Rewrite schema requests ' || bq.references(r) || ' matches, but the regexp only has ' || bq.groups(p) || ' parenthesized subexpressions.') AS VARCHAR)
    ELSE regexp_replace(x, p, r, 'g') END;
CREATE MACRO bq.main.edit_distance(x, y) AS CASE WHEN strlen(x) = length(x) AND strlen(y) = length(y) THEN levenshtein(x, y) ELSE bq_edit_distance(x, y) END;
CREATE MACRO bq.main.at_most(distance, n) AS CASE WHEN n < 0 THEN bq.fail('Max distance must be non-negative') WHEN n IS NULL OR distance IS NULL THEN NULL ELSE least(distance, n) END;
CREATE MACRO bq.main.translate(x, a, b) AS CASE WHEN len(list_distinct(string_split(a, ''))) < length(a) THEN CAST(bq.fail('Duplicate character "' || list_filter(string_split(a, ''), lambda c, i: list_position(string_split(a, ''), c) < i)[1] || '" in TRANSLATE source characters') AS VARCHAR) ELSE translate(x, a, b) END;
-- The place of occurrence n from place s: of the group where there is one; e = 1: the place behind it.
CREATE MACRO bq.main.match_start(b, p, n) AS 1 + coalesce(list_sum(list_transform(string_split_regex(b, p)[1:n], lambda y: length(y))), 0) + coalesce(list_sum(list_transform(regexp_extract_all(b, p)[1:n - 1], lambda y: length(y))), 0);
CREATE MACRO bq.main.group_start(b, p, n) AS CASE WHEN bq.group_of(p) = 1 THEN strpos(regexp_extract_all(b, p)[n], bq.regexp_extract_all(b, p)[n]) - 1 ELSE 0 END;
CREATE MACRO bq.main.regexp_instr(x, p, s, n, e) AS CASE WHEN x IS NULL OR p IS NULL OR s IS NULL OR n IS NULL OR e IS NULL THEN NULL
    WHEN s <= 0 OR n <= 0 OR e NOT IN (0, 1) THEN bq.fail('Position and occurrence in REGEXP_INSTR must be positive, and occurrence_position 0 or 1')
    WHEN bq.group_of(p) IS NULL OR p = '' OR s > length(x) THEN 0
    WHEN len(regexp_extract_all(substring(x, s), p)) < n THEN 0
    ELSE CAST(s - 1 + bq.match_start(substring(x, s), p, n) + bq.group_start(substring(x, s), p, n) + e * length(bq.regexp_extract_all(substring(x, s), p)[n]) AS BIGINT) END;
CREATE MACRO bq.main.any_true(x) AS CASE WHEN list_contains(x, true) THEN true WHEN x IS NULL OR list_count(x) < len(x) THEN NULL ELSE false END;
