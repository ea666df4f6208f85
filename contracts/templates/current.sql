-- The rows that exist in the source.
{{ config(materialized = 'view') }}

select * except (_is_deleted, _batch_rows)
from {{ ref('${source}_${table}__latest') }}
where not _is_deleted
