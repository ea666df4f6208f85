{{ config(materialized='incremental', unique_key='day', on_schema_change='append_new_columns',
          partition_by={'field': 'day', 'data_type': 'date'}, merge_update_columns=['total']) }}
select day, sum(n) as total{% if var('more', false) %}, count(*) as number{% endif %}
from {{ ref('numbers') }}
{% if is_incremental() %}where day >= (select max(day) from {{ this }}){% endif %}
group by day
