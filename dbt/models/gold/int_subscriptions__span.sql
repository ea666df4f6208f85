-- From which day to which each version of a subscription counts, by the dates of the business; commit times play no part.
--
-- A version counts from the day on which the business made it (updated_at; the first version: since started_on) until the
-- day of the next version in log order, and never beyond ended_on. A delete carries no date of the business: it counts
-- from the newest one that the log had seen. Made again are the subscriptions that got versions since the last run, and
-- those of which a delete has another date by now, because a change of another one arrived late.
{{ config(
    materialized = 'incremental',
    unique_key = ['subscription_id', '_sort_key'],
    cluster_by = ['subscription_id']
) }}

with days as (
    select date(updated_at) as day, min(_sort_key) as since
    from {{ ref('saas_subscriptions_history') }}
    where updated_at is not null
    group by day
),

undated as (
    select history.subscription_id, history._sort_key, max(days.day) as changed_on
    from {{ ref('saas_subscriptions_history') }} as history
    inner join days on days.since <= history._sort_key
    where history.updated_at is null
    group by history.subscription_id, history._sort_key
),

changed as (
    select subscription_id
    from {{ ref('saas_subscriptions_history') }}
    where {{ is_not_seen('_batch_id') }}
{%- if is_incremental() %}
    union distinct
    select undated.subscription_id
    from undated
    inner join {{ this }} as existing
        on existing.subscription_id = undated.subscription_id and existing._sort_key = undated._sort_key
    where existing.changed_on is distinct from undated.changed_on
{%- endif %}
),

versions as (
    select
        history.*,
        coalesce(date(history.updated_at), undated.changed_on) as changed_on,
        row_number() over (partition by history.subscription_id order by history._sort_key) = 1 as is_first
    from {{ ref('saas_subscriptions_history') }} as history
    left join undated on undated.subscription_id = history.subscription_id and undated._sort_key = history._sort_key
    where history.subscription_id in (select subscription_id from changed)
),

spans as (
    select
        *,
        greatest(if(is_first, least(started_on, changed_on), changed_on), started_on) as first_day,
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
)

select
    subscription_id,
    _sort_key,
    plan,
    seats,
    mrr,
    changed_on,
    first_day,
    last_day,
    coalesce(not _is_deleted and status != 'trialing' and first_day < last_day, false) as is_counted,
    _batch_id
from spans
