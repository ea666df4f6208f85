-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum 0f1fb8253150
-- The rows that exist in the source.
{{ config(materialized = 'view') }}

select * except (_is_deleted)
from {{ ref('saas_users__latest') }}
where not _is_deleted
