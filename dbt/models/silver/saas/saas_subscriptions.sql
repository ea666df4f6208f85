-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum d489451e2609
-- The rows that exist in the source.
{{ config(materialized = 'view') }}

select * except (_is_deleted)
from {{ ref('saas_subscriptions__latest') }}
where not _is_deleted
