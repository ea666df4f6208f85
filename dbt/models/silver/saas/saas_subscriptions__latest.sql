-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum f8f0b08faf79
-- The last change of each key, deletes included: a change that arrives late can neither overwrite nor resurrect a row.
{{ config(
    materialized = 'incremental',
    unique_key = ['subscription_id'],
    cluster_by = ['subscription_id'],
    meta = {'update_when': 'incoming._sort_key > existing._sort_key'}
) }}

select *, count(*) over (partition by _batch_id) as _batch_rows
from {{ ref('stg_saas__subscriptions') }}
where {{ is_new_batch(ref('stg_saas__subscriptions')) }}
qualify row_number() over (partition by subscription_id order by _sort_key desc) = 1
