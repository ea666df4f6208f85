{#
  The MERGE of incremental models: dbt's own, with conditions that a model states in its `meta`.

    update_when  when a key is there already: update only if this holds, e.g. incoming._sort_key > existing._sort_key
    delete_when  delete the row of a key for which this holds, and do not insert it
    insert_only  leave rows that are there as they are
    event_time   compare with rows of about the same event time only, so that BigQuery opens few partitions

  It is one statement that reads and writes the table: two runs at once end as if one had followed the other.
#}
{% macro bigquery__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
    {%- set meta = config.get('meta') or {} -%}
    {%- set keys = [unique_key] if unique_key is string else unique_key -%}
    {%- set names = sluice_columns_to_write(target, dest_columns) -%}
    {%- set updated = config.get('merge_update_columns') or names -%}
    {%- set matches = sluice_event_window(meta.get('event_time'), source) -%}
    {%- for key in keys -%}
        {%- do matches.append('existing.`' ~ key ~ '` = incoming.`' ~ key ~ '`') -%}
    {%- endfor -%}

    merge into {{ target }} as existing
    using {{ source }} as incoming
    on {{ matches | join('\n        and ') }}
    {% if meta.get('delete_when') -%}
    when matched and {{ meta['delete_when'] }} then delete
    {% endif -%}
    {% if not meta.get('insert_only') -%}
    when matched {% if meta.get('update_when') %}and {{ meta['update_when'] }} {% endif %}then update set
        {% for name in updated -%}
        `{{ name }}` = incoming.`{{ name }}`{{ ',' if not loop.last }}
        {% endfor -%}
    {% endif -%}
    when not matched {% if meta.get('delete_when') %}and not ({{ meta['delete_when'] }}) {% endif %}then insert
        (`{{ names | join('`, `') }}`)
    values
        (`{{ names | join('`, `') }}`)
{%- endmacro %}

{# Literal bounds of the partitions in which a key of the incoming rows can be. #}
{% macro sluice_event_window(event_time, source) -%}
    {%- if not event_time -%}
        {%- do return([]) -%}
    {%- endif -%}
    {%- set days = var('duplicate_window_days') -%}
    {%- set bounds = run_query(
        "select cast(greatest(min(`" ~ event_time ~ "`), timestamp '0002-01-01 00:00:00+00') as string),"
        ~ " cast(least(max(`" ~ event_time ~ "`), timestamp '9998-01-01 00:00:00+00') as string) from " ~ source
    ).rows[0] -%}
    {%- if bounds[0] is none -%}
        {%- do return(['false']) -%}
    {%- endif -%}
    {%- do return([
        'existing.`' ~ event_time ~ "` >= timestamp_sub(timestamp '" ~ bounds[0] ~ "', interval " ~ days ~ ' day)',
        'existing.`' ~ event_time ~ "` <= timestamp_add(timestamp '" ~ bounds[1] ~ "', interval " ~ days ~ ' day)',
    ]) -%}
{%- endmacro %}

{#
  Adds to a silver table the columns that its staging view has got since; returns the names to write, without those that
  the view no longer has. Doing it here keeps the merge one statement: dbt's own on_schema_change puts a temporary table
  between reading and writing.
#}
{% macro sluice_columns_to_write(target, dest_columns) -%}
    {%- set present = dest_columns | map(attribute='name') | list -%}
    {%- set staging = model.refs[0]['name'] -%}
    {%- if config.get('on_schema_change', 'ignore') != 'ignore' or not staging.startswith('stg_') -%}
        {%- do return(present) -%}
    {%- endif -%}
    {%- set staged = adapter.get_columns_in_relation(ref(staging)) -%}
    {%- set missing = staged | rejectattr('name', 'in', present) | list -%}
    {%- if missing -%}
        {%- do alter_relation_add_remove_columns(target, missing, none) -%}
    {%- endif -%}
    {%- set written = staged | map(attribute='name') | list + ['_batch_rows', 'valid_from', 'valid_to', 'is_current'] -%}
    {%- do return((present + missing | map(attribute='name') | list) | select('in', written) | list) -%}
{%- endmacro %}
