{# None of `columns` is null on any row. One test for all of them: dbt takes longer to begin a test than to ask. #}
{% test never_null(model, columns) %}
select *
from {{ model }}
where {{ columns | join(" is null or ") }} is null
{% endtest %}
