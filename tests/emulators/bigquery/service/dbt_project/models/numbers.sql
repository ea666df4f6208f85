{{ config(materialized='ephemeral') }}
select n, date_add(date '2024-01-01', interval mod(n, 3) day) as day
from unnest(generate_array(1, {{ var('rows', 9) }})) as n
