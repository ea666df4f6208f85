{{ config(materialized='materialized_view', enable_refresh=true, refresh_interval_minutes=60) }}
select name, count(*) as people from {{ ref('contracted') }} group by name
