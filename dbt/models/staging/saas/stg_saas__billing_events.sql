-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum 4f2ec16fddc5
-- An invoice, a payment, a refund or a credit.
select
    billing_event_id,
    account_id,
    subscription_id,
    kind,
    amount,
    currency,
    occurred_at,
    updated_at,
    _change_type in ('DELETE', 'UPDATE-DELETE') as _is_deleted,
    _change_type,
    _sort_key,
    _source_timestamp,
    _ingested_at,
    _batch_id,
    _raw,
    ingestion_date
from {{ source('saas', 'billing_events') }}
