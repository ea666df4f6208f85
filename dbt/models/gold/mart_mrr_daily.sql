-- Monthly recurring revenue per day and plan, by the dates of the business.
--
-- A version of a subscription counts from the day on which the business made it (updated_at; the first version: since
-- started_on) until the day of the next version in log order, and never beyond ended_on. Commit times play no part.
-- Each version adds its figures on its first day and takes them back on its last; a running sum does the rest, so the
-- cost is versions plus days, not versions times days.
with versions as (
    select
        *,
        -- A delete carries no business date: it counts from the newest one that the log had seen.
        coalesce(date(updated_at), max(date(updated_at)) over (order by _sort_key)) as changed_on,
        row_number() over (partition by subscription_id order by _sort_key) = 1 as is_first
    from {{ ref('saas_subscriptions_history') }}
),

spans as (
    select
        *,
        if(is_first, least(started_on, changed_on), changed_on) as first_day,
        least(
            coalesce(ended_on, date '9999-12-31'),
            coalesce(
                min(changed_on) over (
                    partition by subscription_id order by _sort_key rows between 1 following and unbounded following
                ),
                date '9999-12-31'
            )
        ) as last_day -- no longer counted on this day
    from versions
),

active as (
    select plan, greatest(first_day, started_on) as first_day, last_day, seats, mrr
    from spans
    where not _is_deleted and status != 'trialing' and greatest(first_day, started_on) < last_day
),

steps as (
    select first_day as day, plan, 1 as subscriptions, seats, mrr from active
    union all
    select last_day, plan, -1, -seats, -mrr from active where last_day < date '9999-12-31'
),

daily_steps as (
    select day, plan, sum(subscriptions) as subscriptions, sum(seats) as seats, sum(mrr) as mrr
    from steps
    group by day, plan
),

days as (
    select day
    from (select min(day) as first_day, (select max(changed_on) from versions) as last_day from daily_steps),
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
