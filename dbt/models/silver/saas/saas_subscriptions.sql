-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum 3566ef7ce027
-- The rows that exist in the source.
{{ config(materialized = 'view') }}

select * except (_is_deleted, _batch_rows)
from {{ ref('saas_subscriptions__latest') }}
where not _is_deleted
