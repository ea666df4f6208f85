{#
  Which rows a run reads. The watermark is the newest batch that the model itself holds, so it moves in the same statement
  as the data: a run that dies leaves both as they were, and a rerun reads the same rows again.

  Everything is rendered as a literal: BigQuery prunes partitions by constants only.
#}

{# Rows of batches not yet merged. The newest merged batch is read again, because some of its files may have come later. #}
{% macro is_new_batch() -%}
    {%- set newest = sluice_newest('_batch_id', 'ingestion_date') -%}
    {%- if newest -%}
        ingestion_date >= date_sub(date '{{ newest[1] }}', interval 1 day) and _batch_id >= '{{ newest[0] }}'
    {%- else -%}
        ingestion_date >= date '1970-01-01'
    {%- endif -%}
{%- endmacro %}

{# Streamed rows not yet merged, with a margin for writers that commit late. #}
{% macro is_newly_ingested() -%}
    {%- set newest = sluice_newest('_ingested_at') -%}
    {%- if newest -%}
        _ingested_at >= timestamp_sub(timestamp '{{ newest[0] }}', interval {{ var('stream_lookback_hours') }} hour)
    {%- else -%}
        _ingested_at >= timestamp '1970-01-01 00:00:00+00'
    {%- endif -%}
{%- endmacro %}

{# The greatest value of each column in the model's table as text, or nothing when there is no table, no row, or a rebuild. #}
{% macro sluice_newest() -%}
    {%- if execute and is_incremental() -%}
        {%- set maxima = [] -%}
        {%- for column in varargs -%}
            {%- do maxima.append('cast(max(' ~ column ~ ') as string)') -%}
        {%- endfor -%}
        {%- set row = run_query('select ' ~ maxima | join(', ') ~ ' from ' ~ this).rows[0] -%}
        {%- do return(row if row[0] is not none else none) -%}
    {%- endif -%}
    {%- do return(none) -%}
{%- endmacro %}

{# The days of which the model has to count again: those of events that were ingested since its own newest. #}
{% macro is_day_with_new_events(event_time, events) -%}
    {%- if not (execute and is_incremental()) -%}
        {%- do return('true') -%}
    {%- endif -%}
    {%- set found = run_query(
        'select distinct cast(date(' ~ event_time ~ ') as string) from ' ~ events ~ ' where ' ~ is_newly_ingested()
    ).columns[0].values() -%}
    {%- if not found -%}
        {%- do return('false') -%}
    {%- endif -%}
    {%- do return('date(' ~ event_time ~ ") in (date '" ~ found | sort | join("', date '") ~ "')") -%}
{%- endmacro %}
