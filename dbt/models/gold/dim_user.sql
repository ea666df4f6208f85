-- One row per person as they are now, with the company that they belong to.
select
    users.user_id,
    users.account_id,
    accounts.name as account_name,
    accounts.plan as account_plan,
    users.email,
    users.full_name,
    users.role,
    users.is_active,
    users.created_at,
    users.updated_at
from {{ ref('saas_users') }} as users
left join {{ ref('saas_accounts') }} as accounts using (account_id)
