-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum bc629b206f2d
-- One step in the life of an incident.
select
    incident_id,
    position,
    kind,
    note,
    occurred_at,
    _change_type in ('DELETE', 'UPDATE-DELETE') as _is_deleted,
    _change_type,
    _sort_key,
    _source_timestamp,
    _ingested_at,
    _batch_id,
    _raw,
    ingestion_date
from {{ source('saas', 'incident_events') }}
