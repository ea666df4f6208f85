-- Each event once: of a publisher's duplicates, the one that came first.
{{ config(
    materialized = 'incremental',
    unique_key = [$quoted_key],$partition
    cluster_by = [$cluster],
    meta = {'insert_only': true$event_time}
) }}

select *, count(*) over (partition by _batch_id) as _batch_rows
from {{ ref('stg_${source}__${table}') }}
where {{ is_newly_ingested(ref('stg_${source}__${table}')) }}
qualify row_number() over (partition by $key order by _ingested_at, _source_timestamp, _message_id) = 1
