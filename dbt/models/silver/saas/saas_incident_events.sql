-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum cf23f4ec5f3f
-- The rows that exist in the source.
{{ config(materialized = 'view') }}

select * except (_is_deleted, _batch_rows)
from {{ ref('saas_incident_events__latest') }}
where not _is_deleted
