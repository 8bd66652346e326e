{#
  Views and tables of the scratch database, in which nobody reads while it is built. dbt's own materializations build
  beside what is there, rename it and drop what was before: three statements more for each of them.
#}
{% materialization view, adapter="duckdb", supported_languages=["sql"] %}
  {{- return(made_anew("view")) -}}
{% endmaterialization %}

{% materialization table, adapter="duckdb", supported_languages=["sql"] %}
  {{- return(made_anew("table")) -}}
{% endmaterialization %}

{% macro made_anew(kind) -%}
  {%- set target_relation = this.incorporate(type=kind) -%}
  {%- set existing_relation = load_cached_relation(this) -%}

  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}

  {%- if existing_relation is not none -%}
    {{ drop_relation_if_exists(existing_relation) }}
  {%- endif -%}
  {% call statement("main") -%}
    {%- if kind == "view" -%}
      {{ get_create_view_as_sql(target_relation, compiled_code) }}
    {%- else -%}
      {{ get_create_table_as_sql(False, target_relation, compiled_code) }}
    {%- endif -%}
  {%- endcall %}

  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {%- do persist_docs(target_relation, model) -%}
  {{ adapter.commit() }}
  {{ run_hooks(post_hooks, inside_transaction=False) }}

  {{- return({"relations": [target_relation]}) -}}
{%- endmacro %}
