{# A dataset is its layer's name behind the environment's prefix, whatever the target. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ env_var('SLUICE_DATASET_PREFIX', '') }}{{ (custom_schema_name or 'silver') | trim }}
{%- endmacro %}
