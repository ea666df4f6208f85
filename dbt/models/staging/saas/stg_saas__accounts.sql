-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum 6b419bc7e74c
-- A customer company.
select
    account_id,
    name,
    email,
    country,
    plan,
    is_active,
    safe.parse_json(settings) as settings,
    created_at,
    updated_at,
    _change_type in ('DELETE', 'UPDATE-DELETE') as _is_deleted,
    _change_type,
    _sort_key,
    _source_timestamp,
    _ingested_at,
    _batch_id,
    _raw,
    ingestion_date
from {{ source('saas', 'accounts') }}
