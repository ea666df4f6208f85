-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum 11062932851a
-- The last change of each key, deletes included: a change that arrives late can neither overwrite nor resurrect a row.
{{ config(
    materialized = 'incremental',
    unique_key = ['incident_id', 'position'],
    cluster_by = ['incident_id', 'position'],
    meta = {'update_when': 'incoming._sort_key > existing._sort_key'}
) }}

select *
from {{ new_changes(ref('stg_saas__incident_events')) }}
qualify row_number() over (partition by incident_id, position order by _sort_key desc) = 1
