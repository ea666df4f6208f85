{#
  Which rows a run reads. The watermark is the newest batch that the model itself holds, so it moves in the same statement
  as the data: a run that dies leaves both as they were, and a rerun reads the same rows again.

  Everything is rendered as a literal: BigQuery prunes partitions by constants only.
#}

{# A change log's rows of batches not yet merged, with the number of rows that their batch has (_batch_rows). #}
{% macro new_changes(changes) -%}
    {{ sluice_with_batch_rows(changes, is_new_batch(changes)) }}
{%- endmacro %}

{# A stream's rows not yet merged, with the number of rows that their batch has (_batch_rows). #}
{% macro new_events(events) -%}
    {{ sluice_with_batch_rows(events, is_newly_ingested(events)) }}
{%- endmacro %}

{# A join, as a window over a batch of millions of rows would have to fit one worker. #}
{% macro sluice_with_batch_rows(relation, condition) -%}
(
    select *
    from (select * from {{ relation }} where {{ condition }})
    left join (
        select _batch_id, count(*) as _batch_rows from {{ relation }} where {{ condition }} group by _batch_id
    ) using (_batch_id)
)
{%- endmacro %}

{#
  Rows of batches not yet merged. The newest merged batch is read again if `changes` has more rows of it by now than the
  model counted (_batch_rows): some of its files came after the run that saw it first. Without `changes` it always is.
#}
{% macro is_new_batch(changes=none) -%}
    {%- set counted = '_batch_rows' if changes else '0' -%}
    {%- set newest = sluice_row(
        'select _batch_id, cast(least(ingestion_date, current_date()) as string), ' ~ counted ~ ' as counted from ' ~ this
        ~ ' order by _batch_id desc, counted desc limit 1'
    ) -%}
    {%- if not newest -%}
        {%- do return("ingestion_date >= date '1970-01-01'") -%}
    {%- endif -%}
    {%- set recent = "ingestion_date >= date_sub(date '" ~ newest[1] ~ "', interval 1 day)" -%}
    {%- set batch = "'" ~ newest[0] ~ "'" -%}
    {%- set is_whole = changes and newest[2] == sluice_row(
        'select count(*) from ' ~ changes ~ ' where ' ~ recent ~ ' and _batch_id = ' ~ batch
    )[0] -%}
    {{- recent }} and _batch_id {{ '>' if is_whole else '>=' }} {{ batch -}}
{%- endmacro %}

{#
  Streamed rows not yet merged: those of batches of which `messages` has more rows than the model counted (_batch_rows).
  Looked for since some hours before the newest row, because a writer that crashed commits rows with an older stamp, and
  not later than now, because a clock that was ahead has been put right.
#}
{% macro is_newly_ingested(messages) -%}
    {%- set newest = sluice_row('select cast(least(max(_ingested_at), current_timestamp()) as string) from ' ~ this) -%}
    {%- if not (newest and newest[0]) -%}
        {%- do return("_ingested_at >= timestamp '1970-01-01 00:00:00+00'") -%}
    {%- endif -%}
    {%- set hours = var('stream_lookback_hours') -%}
    {%- set recent = "_ingested_at >= timestamp_sub(timestamp '" ~ newest[0] ~ "', interval " ~ hours ~ ' hour)' -%}
    {%- set batches = run_query(
        'select _batch_id from (select _batch_id, count(*) as present from ' ~ messages ~ ' where ' ~ recent
        ~ ' group by _batch_id) left join (select _batch_id, max(_batch_rows) as counted from ' ~ this
        ~ ' where ' ~ recent ~ ' group by _batch_id) using (_batch_id) where present > coalesce(counted, 0)'
    ).columns[0].values() -%}
    {%- if batches | length > 1000 -%}
        {%- do return(recent) -%}
    {%- endif -%}
    {%- do return(recent ~ " and _batch_id in ('" ~ batches | join("', '") ~ "')") -%}
{%- endmacro %}

{#
  Rows of a silver table of which a gold model has not seen the batch, or not seen all that came of it: those of the newest
  batch are read again. `batch`: the model's own column with the batch of that table's rows. What a model is made from can
  be of different batches, so it has a column for each of the tables.
#}
{% macro is_not_seen(batch) -%}
    {%- set newest = sluice_row('select max(`' ~ batch ~ '`) from ' ~ this) -%}
    {{- "_batch_id >= '" ~ newest[0] ~ "'" if newest and newest[0] else 'true' -}}
{%- endmacro %}

{# The first row of a query, or nothing: when there is none, and when the model is built from scratch. #}
{% macro sluice_row(query) -%}
    {%- if execute and is_incremental() -%}
        {%- set rows = run_query(query).rows -%}
        {%- do return(rows[0] if rows | length else none) -%}
    {%- endif -%}
    {%- do return(none) -%}
{%- endmacro %}

{# The days of which the model has to count again: those with another number of events than it has counted. #}
{% macro is_day_with_new_events(event_time, events) -%}
    {%- if not (execute and is_incremental()) -%}
        {%- do return('true') -%}
    {%- endif -%}
    {%- set days = run_query(
        'select cast(day as string) from (select date(' ~ event_time ~ ') as day, count(*) as present from ' ~ events
        ~ ' group by day) left join (select day, sum(events) as counted from ' ~ this
        ~ ' group by day) using (day) where present != coalesce(counted, 0) order by day'
    ).columns[0].values() -%}
    {%- if not days -%}
        {%- do return('false') -%}
    {%- endif -%}
    {%- do return('date(' ~ event_time ~ ") in (date '" ~ days | join("', date '") ~ "')") -%}
{%- endmacro %}
