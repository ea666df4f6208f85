-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum 55a13447421e
-- A person who belongs to an account.
select
    user_id,
    account_id,
    email,
    full_name,
    role,
    is_active,
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
from {{ source('saas', 'users') }}
