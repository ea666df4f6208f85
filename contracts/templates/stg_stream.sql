-- $description
select
$columns
    _message_id,
    _source_timestamp,
    _ingested_at,
    _batch_id,
    _raw
from {{ source('$source', '$table') }}
