select one + 1 as two from {{ ref('sometimes') }}
