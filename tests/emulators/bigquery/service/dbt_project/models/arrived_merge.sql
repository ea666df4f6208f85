{{ config(materialized='incremental', unique_key='n',
          partition_by={'field': 'day', 'data_type': 'date', 'time_ingestion_partitioning': true}) }}
select day, n from {{ ref('numbers') }}
