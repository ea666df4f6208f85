{# One scan that finds keys that are there twice, and keys with a null in them. #}
{% test primary_key(model, columns) %}
{%- set key = '`' ~ columns | join('`, `') ~ '`' %}
select {{ key }}, count(*) as rows_with_this_key
from {{ model }}
group by {{ key }}
having count(*) > 1 {% for column in columns %}or `{{ column }}` is null {% endfor %}
{% endtest %}
