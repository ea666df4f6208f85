-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum 10e802fd251e
-- The last change of each key, deletes included: a change that arrives late can neither overwrite nor resurrect a row.
{{ config(
    materialized = 'incremental',
    unique_key = ['subscription_id'],
    cluster_by = ['subscription_id'],
    meta = {'update_when': 'incoming._sort_key > existing._sort_key'}
) }}

select *
from {{ new_changes(ref('stg_saas__subscriptions')) }}
qualify row_number() over (partition by subscription_id order by _sort_key desc) = 1
