{{ config(materialized='incremental', incremental_strategy='insert_overwrite',
          partition_by={'field': 'day', 'data_type': 'date'}, partitions=["date '2024-01-03'"]) }}
select day, n from {{ ref('numbers') }}
{% if is_incremental() %}where day = '2024-01-03'{% endif %}
