-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum 1d244abf8b08
-- The rows that exist in the source.
{{ config(materialized = 'view') }}

select * except (_is_deleted)
from {{ ref('saas_accounts__latest') }}
where not _is_deleted
