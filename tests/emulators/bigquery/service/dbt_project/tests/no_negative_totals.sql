select * from {{ ref('daily_merge') }} where total < 0
