-- One row per person as they are now, with the company that they belong to. Made again are those who changed since the
-- last run, or whose company did.
{{ config(
    materialized = 'incremental',
    unique_key = 'user_id',
    cluster_by = ['user_id'],
    meta = {'delete_when': 'incoming._is_deleted'}
) }}

with changed as (
    select user_id
    from {{ ref('saas_users__latest') }}
    where {{ is_not_seen('_batch_id') }}
    union distinct
    select user_id
    from {{ ref('saas_users__latest') }}
    where account_id in (
        select account_id from {{ ref('saas_accounts__latest') }} where {{ is_not_seen('_account_batch_id') }}
    )
)

select
    changed.user_id,
    users.account_id,
    accounts.name as account_name,
    accounts.plan as account_plan,
    users.email,
    users.full_name,
    users.role,
    users.is_active,
    users.created_at,
    users.updated_at,
    users._sort_key is null as _is_deleted,
    users._batch_id,
    accounts._batch_id as _account_batch_id
from changed
left join {{ ref('saas_users') }} as users on users.user_id = changed.user_id
left join {{ ref('saas_accounts') }} as accounts on accounts.account_id = users.account_id
{%- if not is_incremental() %}
where users._sort_key is not null
{%- endif %}
