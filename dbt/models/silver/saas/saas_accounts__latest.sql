-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum 9c74eca7747b
-- The last change of each key, deletes included: a change that arrives late can neither overwrite nor resurrect a row.
{{ config(
    materialized = 'incremental',
    unique_key = ['account_id'],
    cluster_by = ['account_id'],
    meta = {'update_when': 'incoming._sort_key > existing._sort_key'}
) }}

select *
from {{ new_changes(ref('stg_saas__accounts')) }}
qualify row_number() over (partition by account_id order by _sort_key desc) = 1
