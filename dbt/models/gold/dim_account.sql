-- One row per customer company as it is now: what it pays, who uses it, what is broken. Made again are those that changed
-- since the last run, whose subscriptions did, or whose people and incidents are others in number.
{{ config(
    materialized = 'incremental',
    unique_key = 'account_id',
    cluster_by = ['account_id'],
    meta = {'delete_when': 'incoming._is_deleted'}
) }}

with users as (
    select account_id, count(*) as users, countif(is_active) as active_users
    from {{ ref('saas_users') }}
    group by account_id
),

incidents as (
    select account_id, count(*) as open_incidents
    from {{ ref('saas_incidents') }}
    where resolved_at is null
    group by account_id
),

changed as (
    select account_id
    from {{ ref('saas_accounts__latest') }}
    where {{ is_not_seen('_batch_id') }}
    union distinct
    -- Every account that a changed subscription has ever belonged to.
    select account_id
    from {{ ref('saas_subscriptions_history') }}
    where subscription_id in (
        select subscription_id
        from {{ ref('saas_subscriptions_history') }}
        where {{ is_not_seen('_subscription_batch_id') }}
    )
{%- if is_incremental() %}
    union distinct
    select existing.account_id
    from {{ this }} as existing
    left join users on users.account_id = existing.account_id
    left join incidents on incidents.account_id = existing.account_id
    where existing.users != coalesce(users.users, 0)
        or existing.active_users != coalesce(users.active_users, 0)
        or existing.open_incidents != coalesce(incidents.open_incidents, 0)
{%- endif %}
),

subscriptions as (
    select *
    from {{ ref('saas_subscriptions') }}
    where ended_on is null and account_id in (select account_id from changed)
    qualify row_number() over (partition by account_id order by started_on desc, subscription_id desc) = 1
)

select
    changed.account_id,
    accounts.name,
    accounts.email,
    accounts.country,
    accounts.plan,
    accounts.is_active,
    subscriptions.subscription_id,
    subscriptions.status as subscription_status,
    subscriptions.seats,
    coalesce(subscriptions.mrr, 0) as mrr,
    coalesce(users.users, 0) as users,
    coalesce(users.active_users, 0) as active_users,
    coalesce(incidents.open_incidents, 0) as open_incidents,
    accounts.created_at,
    accounts.updated_at,
    accounts._sort_key is null as _is_deleted,
    accounts._batch_id,
    subscriptions._batch_id as _subscription_batch_id
from changed
left join {{ ref('saas_accounts') }} as accounts on accounts.account_id = changed.account_id
left join subscriptions on subscriptions.account_id = changed.account_id
left join users on users.account_id = changed.account_id
left join incidents on incidents.account_id = changed.account_id
where changed.account_id is not null
{%- if not is_incremental() %}
    and accounts._sort_key is not null
{%- endif %}
