-- Made from saas.odcs.yaml by `python -m contracts.generate models saas`. Yours to edit: an edited file is kept. checksum 0aab3db4c09d
-- Every version of every row, in log order. As it was at a moment t: valid_from <= t and (valid_to > t or valid_to is null)
{{ config(
    materialized = 'incremental',
    unique_key = ['account_id', '_sort_key'],
    cluster_by = ['account_id'],
    merge_update_columns = ['valid_to', 'is_current'],
    meta = {'update_when': 'incoming.valid_to is distinct from existing.valid_to or incoming.is_current != existing.is_current'}
) }}

{{ versions_of(ref('stg_saas__accounts'), key = ['account_id']) }}
