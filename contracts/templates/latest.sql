-- The last change of each key, deletes included: a change that arrives late can neither overwrite nor resurrect a row.
{{ config(
    materialized = 'incremental',
    unique_key = [$quoted_key],
    cluster_by = [$cluster],
    meta = {'update_when': 'incoming._sort_key > existing._sort_key'}
) }}

select *
from {{ new_changes(ref('stg_${source}__${table}')) }}
qualify row_number() over (partition by $key order by _sort_key desc) = 1
