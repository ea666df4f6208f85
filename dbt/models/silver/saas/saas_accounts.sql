-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum 5dca7f11e7d2
-- The rows that exist in the source.
{{ config(materialized = 'view') }}

select * except (_is_deleted, _batch_rows)
from {{ ref('saas_accounts__latest') }}
where not _is_deleted
