-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum e50c4a98533b
-- What an account pays for; mrr is the monthly recurring revenue in the account's currency.
select
    subscription_id,
    account_id,
    plan,
    status,
    seats,
    mrr,
    started_on,
    ended_on,
    updated_at,
    _change_type in ('DELETE', 'UPDATE-DELETE') as _is_deleted,
    _change_type,
    _sort_key,
    _source_timestamp,
    _ingested_at,
    _batch_id,
    _raw,
    ingestion_date
from {{ source('saas', 'subscriptions') }}
