-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum 97a862dbf63a
-- Each event once: of a publisher's duplicates, the one that came first.
{{ config(
    materialized = 'incremental',
    unique_key = ['event_id'],
    partition_by = {'field': 'occurred_at', 'data_type': 'timestamp'},
    cluster_by = ['event_id'],
    meta = {'insert_only': true, 'event_time': 'occurred_at'}
) }}

select *, count(*) over (partition by _batch_id) as _batch_rows
from {{ ref('stg_saas__usage_events') }}
where {{ is_newly_ingested(ref('stg_saas__usage_events')) }}
qualify row_number() over (partition by event_id order by _ingested_at, _source_timestamp, _message_id) = 1
