-- One row per invoice, payment, refund or credit. Only rows that changed since the last run are read and merged.
{{ config(
    materialized = 'incremental',
    unique_key = 'billing_event_id',
    cluster_by = ['account_id', 'billing_event_id'],
    meta = {'delete_when': 'incoming._is_deleted', 'update_when': 'incoming._sort_key > existing._sort_key'}
) }}

select
    billing_event_id,
    account_id,
    subscription_id,
    kind,
    amount,
    currency,
    date(occurred_at) as occurred_on,
    occurred_at,
    updated_at,
    _is_deleted,
    _sort_key,
    _batch_id,
    ingestion_date
from {{ ref('saas_billing_events__latest') }}
where {{ is_new_batch() }}
{%- if not is_incremental() %}
    and not _is_deleted
{%- endif %}
