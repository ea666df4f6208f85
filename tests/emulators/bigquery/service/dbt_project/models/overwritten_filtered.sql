{{ config(materialized='incremental', incremental_strategy='insert_overwrite', require_partition_filter=true,
          partition_by={'field': 'month', 'data_type': 'datetime', 'granularity': 'month'}) }}
select datetime(day) as month, n from {{ ref('numbers') }}
