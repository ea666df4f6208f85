{{ config(materialized='table', partition_by={'field': 'day', 'data_type': 'date'}, cluster_by='n',
          require_partition_filter=true, partition_expiration_days=100000) }}
select * from {{ ref('numbers') }}
