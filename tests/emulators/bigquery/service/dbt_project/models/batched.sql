{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='moment', batch_size='day', lookback=1,
          begin=(modules.datetime.datetime.now() - modules.datetime.timedelta(days=4)).strftime('%Y-%m-%d'),
          partition_by={'field': 'moment', 'data_type': 'timestamp', 'granularity': 'day'}) }}
select timestamp(date_sub(current_date(), interval mod(n, 3) day)) as moment, n from {{ ref('numbers') }}
