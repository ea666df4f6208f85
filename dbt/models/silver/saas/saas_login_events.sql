-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum 2809438686fa
-- Each event once: of a publisher's duplicates, the one that came first.
{{ config(
    materialized = 'incremental',
    unique_key = ['event_id'],
    partition_by = {'field': 'occurred_at', 'data_type': 'timestamp'},
    cluster_by = ['event_id'],
    meta = {'insert_only': true, 'event_time': 'occurred_at'}
) }}

select *
from {{ new_events(ref('stg_saas__login_events')) }}
qualify row_number() over (partition by event_id order by _ingested_at, _source_timestamp, _message_id) = 1
