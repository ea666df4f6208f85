-- Monthly recurring revenue per day and plan, by the dates of the business.
--
-- Each version of a subscription adds its figures on its first day and takes them back on its last; a running sum does the
-- rest, so the cost is versions plus days, not versions times days.
with steps as (
    select first_day as day, plan, 1 as subscriptions, seats, mrr
    from {{ ref('int_subscriptions__span') }}
    where is_counted
    union all
    select last_day, plan, -1, -seats, -mrr
    from {{ ref('int_subscriptions__span') }}
    where is_counted and last_day < date '9999-12-31'
),

daily_steps as (
    select day, plan, sum(subscriptions) as subscriptions, sum(seats) as seats, sum(mrr) as mrr
    from steps
    group by day, plan
),

days as (
    select day
    from (
        select min(day) as first_day, (select max(changed_on) from {{ ref('int_subscriptions__span') }}) as last_day
        from daily_steps
    ),
        unnest(generate_date_array(first_day, last_day)) as day
),

plans as (
    select distinct plan from daily_steps
)

select
    days.day,
    plans.plan,
    sum(coalesce(daily_steps.subscriptions, 0)) over to_date as subscriptions,
    sum(coalesce(daily_steps.seats, 0)) over to_date as seats,
    sum(coalesce(daily_steps.mrr, 0)) over to_date as mrr
from days
cross join plans
left join daily_steps using (day, plan)
window to_date as (partition by plans.plan order by days.day rows between unbounded preceding and current row)
