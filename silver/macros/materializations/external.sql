{#
  Writes a model as Parquet into `<LAKEHOUSE_OUT>/<layer>/<model>/` and leaves a view on those files behind.
  It stands in for dbt-duckdb's materialization of the same name, which adds a row of nulls to an empty
  result, overwrites partitions in place and gives partition columns other types.

  - `meta.partition_by` names one column: `_schema.parquet` (no rows) + `<column>=<value>/data_*.parquet`, the
    column being stored in the files too. In a snapshot `lake.contents.flatten` then lays these files beside
    each other, for readers take such folders' names for a second column. Without it: one `data.parquet`.
  - A partition that has files already is never written to: the files may be links into a published snapshot,
    and a partitioned COPY truncates in place. Only the scratch output (LAKEHOUSE_OUT not set) is cleared
    first.
  - No rows: a typed view without rows. A null in the partition column, or partitions whose columns
    differ: an error.
  - The rows go straight from the model's query into the files; there is no copy of them in the database.
#}
{% materialization external, adapter="duckdb", supported_languages=["sql"] %}

  {%- set folder = output_folder(model) -%}
  {%- set partition_by = config.get("meta", {}).get("partition_by") -%}
  {%- set target_relation = this.incorporate(type="view") -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set grant_config = config.get("grants") -%}

  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}

  {%- set query = model_query(compiled_code) -%}
  {%- if existing_relation is not none and existing_relation.type != "view" -%}
    {{ drop_relation_if_exists(existing_relation) }}
  {%- endif -%}

  {#- Few statements with much in each: to send one takes dbt longer than DuckDB most of them. -#}
  {%- if partition_by -%}
    {%- set taken = partitions_beside_schema(query, folder, partition_by) -%}
    {%- set rows = guard_partitions(query, partition_by, taken) -%}
  {%- endif -%}
  {% call statement("main") -%}
    {%- if partition_by -%}
      copy ({{ rows }}) to {{ sql_text(folder) }} (
        {{ parquet_options() }}, partition_by ({{ adapter.quote(partition_by) }}), write_partition_columns true,
        {#- Needed beside _schema.parquet; nothing is overwritten, see guard_partitions. #}
        overwrite_or_ignore true
      );
    {%- else -%}
      {{ emptied_folder(folder) }}
      {#- One file is written under another name and then renamed: a linked older file stays as it is. #}
      copy ({{ query }}) to {{ sql_text(folder ~ "/data.parquet") }} ({{ parquet_options() }});
    {%- endif %}
      create or replace view {{ target_relation }} as ({{ read_output(folder) }});
  {%- endcall %}

  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {%- do apply_grants(target_relation, grant_config, should_revoke=False) -%}
  {%- do persist_docs(target_relation, model) -%}
  {{ adapter.commit() }}
  {{ run_hooks(post_hooks, inside_transaction=False) }}

  {{ return({"relations": [target_relation]}) }}

{% endmaterialization %}
