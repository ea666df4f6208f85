-- Every version of every row, in log order. As it was at a moment t: valid_from <= t and (valid_to > t or valid_to is null)
{{ config(
    materialized = 'incremental',
    unique_key = [$quoted_key, '_sort_key'],
    cluster_by = [$cluster],
    merge_update_columns = ['valid_to', 'is_current'],
    meta = {'update_when': 'incoming.valid_to is distinct from existing.valid_to or incoming.is_current != existing.is_current'}
) }}

{{ versions_of(ref('stg_${source}__${table}'), key = [$quoted_key]) }}
