-- The running sum's last day and the subscriptions that run now are two ways to one figure.
with mart as (
    select plan, subscriptions, seats, mrr
    from {{ ref('mart_mrr_daily') }}
    where day = (select max(day) from {{ ref('mart_mrr_daily') }}) and subscriptions != 0
),

running as (
    select plan, count(*) as subscriptions, sum(seats) as seats, sum(mrr) as mrr
    from {{ ref('saas_subscriptions_history') }}
    where is_current
        and status != 'trialing'
        and coalesce(ended_on, date '9999-12-31') > (select max(day) from {{ ref('mart_mrr_daily') }})
        and started_on <= (select max(day) from {{ ref('mart_mrr_daily') }})
    group by plan
)

select plan, mart.mrr as mart_mrr, running.mrr as running_mrr
from mart
full join running using (plan)
where mart.subscriptions is distinct from running.subscriptions
    or mart.seats is distinct from running.seats
    or mart.mrr is distinct from running.mrr
