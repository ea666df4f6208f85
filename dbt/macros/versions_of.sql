{#
  History (SCD2) of a change log: one row per change, in log order, with valid_from, valid_to and is_current.

  Order is the log's (_sort_key); valid_from and valid_to are the commit times for people to read. A delete is a version of
  its own that is valid for no time at all, so that `valid_from <= t and (valid_to > t or valid_to is null)` never finds it.
  Only keys with new changes are looked at, and of their older versions only the position: an older version changes in
  nothing but its end. A change that arrives late takes its place in the middle.
#}
{% macro versions_of(changes, key) -%}
{%- set keys = '`' ~ key | join('`, `') ~ '`' -%}
with arrived as (
    select *
    from {{ new_changes(changes) }}
    qualify row_number() over (partition by {{ keys }}, _sort_key order by _batch_id) = 1
),

positions as (
    select {{ keys }}, _sort_key, _source_timestamp, _is_deleted
    from arrived
    {%- if is_incremental() %}
    union all
    select {{ keys }}, _sort_key, _source_timestamp, _is_deleted
    from {{ this }} as known
    where exists (
        select 1 from arrived
        where {% for column in key %}arrived.`{{ column }}` = known.`{{ column }}`{{ ' and ' if not loop.last }}{% endfor %}
    )
    {%- endif %}
),

once as (
    select {{ keys }}, _sort_key, min(_source_timestamp) as valid_from, logical_or(_is_deleted) as is_deleted
    from positions
    group by {{ keys }}, _sort_key
),

chain as (
    select
        {{ keys }},
        _sort_key,
        valid_from,
        coalesce(
            lead(valid_from) over (partition by {{ keys }} order by _sort_key),
            if(is_deleted, valid_from, null)
        ) as valid_to,
        not is_deleted and lead(_sort_key) over (partition by {{ keys }} order by _sort_key) is null as is_current
    from once
)

select {{ keys }}, _sort_key, arrived.* except ({{ keys }}, _sort_key), chain.valid_from, chain.valid_to, chain.is_current
from chain
left join arrived using ({{ keys }}, _sort_key)
{%- endmacro %}
