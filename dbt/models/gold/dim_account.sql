-- One row per customer company as it is now: what it pays, who uses it, what is broken.
with subscriptions as (
    select *
    from {{ ref('saas_subscriptions') }}
    where ended_on is null
    qualify row_number() over (partition by account_id order by started_on desc, subscription_id desc) = 1
),

users as (
    select account_id, count(*) as users, countif(is_active) as active_users
    from {{ ref('saas_users') }}
    group by account_id
),

incidents as (
    select account_id, count(*) as open_incidents
    from {{ ref('saas_incidents') }}
    where resolved_at is null
    group by account_id
)

select
    accounts.account_id,
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
    accounts.updated_at
from {{ ref('saas_accounts') }} as accounts
left join subscriptions using (account_id)
left join users using (account_id)
left join incidents using (account_id)
