-- One row per day, account and feature. Only days that got events since the last run are counted again: events are only
-- ever added, so what has the same count is the same.
{{ config(
    materialized = 'incremental',
    unique_key = ['day', 'account_id', 'feature'],
    partition_by = {'field': 'day', 'data_type': 'date'},
    cluster_by = ['account_id', 'feature'],
    meta = {'update_when': 'incoming.events != existing.events'}
) }}

select
    date(occurred_at) as day,
    account_id,
    feature,
    count(*) as events,
    count(distinct user_id) as users,
    sum(quantity) as quantity,
    -- A sum of decimals does not depend on the order of the rows, as a sum of floats does.
    sum(safe_cast(duration_seconds as numeric)) as duration_seconds
from {{ ref('saas_usage_events') }}
where {{ is_day_with_new_events('occurred_at', ref('saas_usage_events')) }}
group by day, account_id, feature
