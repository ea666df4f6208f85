-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum cc37f9f85c82
-- The rows that exist in the source.
{{ config(materialized = 'view') }}

select * except (_is_deleted, _batch_rows)
from {{ ref('saas_users__latest') }}
where not _is_deleted
