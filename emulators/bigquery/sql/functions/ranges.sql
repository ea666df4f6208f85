-- Ranges: a struct of "start" and "end"; NULL is an open bound.
-- What ranges are ordered by: an open start is the first, an open end the last.
CREATE MACRO bq.main.range_key(x, low, high) AS CASE WHEN x IS NOT NULL THEN {'s': coalesce(x.start, low), 'e': coalesce(x."end", high)} END;
CREATE MACRO bq.main.range_bound(x, i) AS CASE WHEN NOT regexp_full_match(x, '\s*\[[^,]*, [^,\s][^,]*\)\s*') THEN CAST(bq.fail('Invalid RANGE literal value "' || x || '"') AS VARCHAR)
    WHEN upper(trim(regexp_extract(x, '\[([^,]*),([^,]*)\)', i))) IN ('UNBOUNDED', 'NULL') THEN NULL ELSE trim(regexp_extract(x, '\[([^,]*),([^,]*)\)', i)) END;
CREATE MACRO bq.main.range_make(s, e) AS CASE WHEN s >= e THEN struct_pack("start" := list_extract([s], CAST(bq.fail('Range start element must be smaller than range end element') AS BIGINT)), "end" := e) ELSE struct_pack("start" := s, "end" := e) END;
CREATE MACRO bq.main.bound_text(x) AS CASE WHEN x IS NULL THEN 'UNBOUNDED' WHEN typeof(x) = 'DATE' THEN bq.date_text(CAST(x AS DATE)) WHEN typeof(x) = 'TIMESTAMP' THEN bq.datetime_text(CAST(x AS TIMESTAMP)) ELSE bq.timestamp_text(CAST(x AS TIMESTAMPTZ)) END;
CREATE MACRO bq.main.named_range_text(r) AS CASE WHEN r IS NOT NULL THEN '[' || bq.bound_text(r."start") || ', ' || bq.bound_text(r."end") || ')' END;
-- Bound to names, as a macro's argument is otherwise computed at each place that names it.
CREATE MACRO bq.main.range_text(r) AS list_transform([r], lambda p: bq.named_range_text(p))[1];
CREATE MACRO bq.main.range_contains_value(r, v) AS CASE WHEN r IS NULL OR v IS NULL THEN NULL ELSE coalesce(r."start" <= v, true) AND coalesce(v < r."end", true) END;
CREATE MACRO bq.main.range_contains_range(r, q) AS CASE WHEN r IS NULL OR q IS NULL THEN NULL ELSE coalesce(r."start" <= q."start", r."start" IS NULL) AND coalesce(q."end" <= r."end", r."end" IS NULL) END;
CREATE MACRO bq.main.range_overlaps(r, q) AS CASE WHEN r IS NULL OR q IS NULL THEN NULL ELSE coalesce(r."start" < q."end", true) AND coalesce(q."start" < r."end", true) END;
CREATE MACRO bq.main.intersect_ranges(r, q) AS CASE WHEN r IS NULL OR q IS NULL THEN NULL WHEN bq.range_overlaps(r, q) THEN struct_pack("start" := greatest(r."start", q."start"), "end" := least(r."end", q."end"))
    ELSE struct_pack("start" := list_extract([r."start"], CAST(bq.fail('Provided RANGE inputs: ' || bq.named_range_text(r) || ' and ' || bq.named_range_text(q) || ' do not overlap. Please check RANGE_OVERLAPS before calling RANGE_INTERSECT') AS BIGINT)), "end" := r."end") END;
CREATE MACRO bq.main.range_intersect(r, q) AS list_transform([struct_pack(r := r, q := q)], lambda p: bq.intersect_ranges(p.r, p.q))[1];
