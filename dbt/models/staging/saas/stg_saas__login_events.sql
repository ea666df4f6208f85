-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum efdb48737630
-- A user who signed in, or tried to. Pub/Sub itself refuses what does not fit the topic's schema.
select
    event_id,
    account_id,
    user_id,
    method,
    succeeded,
    ip_address,
    occurred_at,
    _message_id,
    _source_timestamp,
    _ingested_at,
    _batch_id,
    _raw
from {{ source('saas', 'login_events') }}
