{{ config(materialized='view') }}
select id, concat('Hello ', name) as greeting from {{ ref('people') }}
