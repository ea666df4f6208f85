-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum 15f62d6e7277
-- A support case.
select
    incident_id,
    account_id,
    severity,
    status,
    title,
    opened_at,
    resolved_at,
    updated_at,
    _change_type in ('DELETE', 'UPDATE-DELETE') as _is_deleted,
    _change_type,
    _sort_key,
    _source_timestamp,
    _ingested_at,
    _batch_id,
    _raw,
    ingestion_date
from {{ source('saas', 'incidents') }}
