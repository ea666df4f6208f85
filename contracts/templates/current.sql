-- The rows that exist in the source.
{{ config(materialized = 'view') }}

select * except (_is_deleted)
from {{ ref('${source}_${table}__latest') }}
where not _is_deleted
