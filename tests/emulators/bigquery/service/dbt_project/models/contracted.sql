{{ config(materialized='table', cluster_by=['name'], hours_to_expiration=24) }}
select id, name, cast(id * 1.005 as numeric) as price, [name] as tags from {{ ref('people') }}
