-- Each event once: of a publisher's duplicates, the one that came first.
{{ config(
    materialized = 'incremental',
    unique_key = [$quoted_key],$partition
    cluster_by = [$cluster],
    meta = {'insert_only': true$event_time}
) }}

select *
from {{ new_events(ref('stg_${source}__${table}')) }}
qualify row_number() over (partition by $key order by _ingested_at, _source_timestamp, _message_id) = 1
