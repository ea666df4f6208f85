-- $description
select
$columns
    _change_type in ('DELETE', 'UPDATE-DELETE') as _is_deleted,
    _change_type,
    _sort_key,
    _source_timestamp,
    _ingested_at,
    _batch_id,
    _raw,
    ingestion_date
from {{ source('$source', '$table') }}
