-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum dcd76e4a5f4c
-- A feature used by a user. The pipeline validates it, so a malformed event is dead-lettered and not refused.
select
    event_id,
    account_id,
    user_id,
    feature,
    quantity,
    duration_seconds,
    safe.parse_json(properties) as properties,
    occurred_at,
    _message_id,
    _source_timestamp,
    _ingested_at,
    _batch_id,
    _raw
from {{ source('saas', 'usage_events') }}
