{# Where a model's files lie: `<LAKEHOUSE_OUT>/<silver or gold>/<model>`. The folder LAKEHOUSE_OUT is there. #}
{% macro output_folder(model) -%}
  {%- set root = env_var("LAKEHOUSE_OUT", "") or "target/scratch" -%}
  {%- set layer = model.original_file_path.replace("\\", "/").split("/")[0] -%}
  {{- return(root.rstrip("/") ~ "/" ~ layer ~ "/" ~ model.alias) -}}
{%- endmacro %}

{% macro sql_text(text) -%}
  {{- return("'" ~ text.replace("'", "''") ~ "'") -}}
{%- endmacro %}

{#
  Encodings of version 1, for not every reader knows those of version 2; the lightest level of zstd is the
  fastest. A column of more different values than there are stations gains nothing by a dictionary, and has been
  sorted into one by then; Bloom filters are of use for no column that has one.
#}
{% macro parquet_options() -%}
  format parquet, parquet_version v1, compression zstd, compression_level 1, row_group_size 122880,
  dictionary_size_limit 4000, write_bloom_filter false
{%- endmacro %}

{# The model's query; under an enforced contract with the columns in the contract's order, once they agree. #}
{% macro model_query(compiled_code) -%}
  {%- if config.get("contract").enforced -%}
    {%- do hold_contract(compiled_code) -%}
    {{- return(get_select_subquery(compiled_code)) -}}
  {%- endif -%}
  {{- return("select * from (" ~ compiled_code ~ "\n) as model_query") -}}
{%- endmacro %}

{#
  dbt's own check asks DuckDB for the contract's types as well. Where the contract has DuckDB's names for them, that
  is asked only of a model that does not keep to it: dbt tells what differs.
#}
{% macro hold_contract(compiled_code) -%}
  {%- set there, agreed = [], [] -%}
  {%- for column in get_column_schema_from_query(compiled_code) -%}
    {#- The values of an enum stand in its type's name, and their letters count. -#}
    {%- do there.append([column.name, column.dtype if "'" in column.dtype else column.dtype.lower()]) -%}
  {%- endfor -%}
  {%- for name in model.columns -%}
    {%- do agreed.append([name, model.columns[name].data_type]) -%}
  {%- endfor -%}
  {%- if there | sort != agreed | sort -%}
    {%- do get_assert_columns_equivalent(compiled_code) -%}
  {%- endif -%}
  {%- if there | map("first") | list != agreed | map("first") | list -%}
    {#- dbt would take the contract's order and SQLMesh the query's. -#}
    {%- do exceptions.raise_compiler_error(
      "the contract of " ~ model.name ~ " has the query's columns in another order: "
      ~ there | map("first") | join(", ") ~ " is the query's"
    ) -%}
  {%- endif -%}
{%- endmacro %}

{# COPY makes no folder, but a partitioned one makes the last of its path, even for no rows. #}
{% macro made_folder(folder, cleared=false) -%}
  copy (select 1 as part, 2 as value where false) to {{ sql_text(folder) }}
  (format parquet, partition_by (part), {{ "overwrite" if cleared else "overwrite_or_ignore" }} true);
{%- endmacro %}

{# Only the scratch output has something to clear: see the materialization. #}
{% macro emptied_folder(folder) -%}
  {{ made_folder(folder) }}
  {%- if not env_var("LAKEHOUSE_OUT", "") %}
    {{ made_folder(folder, cleared=true) }}
  {%- endif -%}
{%- endmacro %}

{# Those that the models' folders lie in, before the first of them is built. SQLMesh writes no files. #}
{% macro layer_folders() -%}
  {%- if execute and target.name != "sqlmesh" -%}
    {%- set out = env_var("LAKEHOUSE_OUT", "").rstrip("/") -%}
    {%- set scratch = [] if out else ["target", "target/scratch"] -%}
    {%- for folder in scratch + [(out or "target/scratch") ~ "/silver", (out or "target/scratch") ~ "/gold"] -%}
      {{ made_folder(folder) }}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}

{# What dbt would tell each of its connections anew, one for every node, if it stood in the profile. #}
{% macro engine_settings() -%}
  {%- if execute and target.name != "sqlmesh" -%}
    {#- Where order matters a model says so; else rows are streamed and not held back. -#}
    set global preserve_insertion_order = false;
    {#- Rows that a thread holds back for each partition: a row group's, for half the memory of the default. #}
    set global partitioned_write_flush_threshold = 122880;
    {#- Models and tests ask for the same months over and over, and each time all their files would be opened. #}
    set global parquet_metadata_cache = true;
  {%- endif -%}
{%- endmacro %}

{# What one of several workers on a machine may take of it; a build alone takes what DuckDB takes. #}
{% macro machine_share() -%}
  {%- set workers = var("workers_beside", 1) -%}
  {%- if workers > 1 -%}
    {#- Else a process that builds twice would share its share. #}
    reset memory_limit;
    reset threads;
    set memory_limit = cast(split_part(current_setting('memory_limit'), ' ', 1) as double) / {{ workers }}
      || ' ' || split_part(current_setting('memory_limit'), ' ', 2);
    set threads = greatest(1, current_setting('threads') // {{ workers }});
  {%- endif -%}
{%- endmacro %}

{#
  Writes `_schema.parquet`, columns and types without rows, and returns the partitions that have files beside it: a
  glob on the folder always finds a file, and an empty table has its types.

  Those of the parent lie beside each other, as `lake.contents.flatten` leaves them; what a build wrote
  before, in folders.
#}
{% macro partitions_beside_schema(query, folder, partition_by) -%}
  {%- set place = "'/" ~ partition_by ~ "[=-]([^/]*?)(/[^/]*|\\.\\d+\\.parquet)$'" -%}
  {%- set found = run_query(
    emptied_folder(folder)
    ~ "copy (" ~ no_rows(query) ~ ") to " ~ sql_text(folder ~ "/_schema.parquet") ~ " (" ~ parquet_options() ~ ");"
    ~ "select distinct if(regexp_matches(file, " ~ place ~ "), url_decode(regexp_extract(file, " ~ place ~ ", 1)), null)"
    ~ " as value from glob(" ~ sql_text(folder ~ "/**/*.parquet") ~ ") where file not like '%/_schema.parquet'"
    ~ " order by value"
  ) -%}
  {%- set beside = found.columns[0].values() | list -%}
  {%- if beside -%}
    {%- do refuse_schema_drift(folder) -%}
  {%- endif -%}
  {{- return(beside | reject("none") | list) -}}
{%- endmacro %}

{# The columns of the model's query, which its contract has as well: that is no second plan of all that it reads. #}
{% macro no_rows(query) -%}
  {%- if config.get("contract").enforced -%}
    select
    {%- for name in model.columns %}
      cast(null as {{ model.columns[name].data_type }}) as {{ adapter.quote(name) }}{{ "," if not loop.last }}
    {%- endfor %}
    where false
  {%- else -%}
    select * from ({{ query }}) as model_rows where false limit 0
  {%- endif -%}
{%- endmacro %}

{# Partitions with other columns than the model has now would be misread without a word. #}
{% macro refuse_schema_drift(folder) -%}
  {%- set drifted = run_query(
    "with columns_of as (
      select file_name, list((name, duckdb_type, logical_type) order by column_id) as columns
      from parquet_schema(" ~ sql_text(folder ~ "/**/*.parquet") ~ ") where column_id > 0 group by file_name
    )
    select file_name from columns_of
    where columns <> (select columns from columns_of where file_name = " ~ sql_text(folder ~ "/_schema.parquet") ~ ")
    order by file_name"
  ) -%}
  {%- if drifted | length -%}
    {%- do exceptions.raise_compiler_error(
      "schema drift: " ~ drifted.columns[0].values() | join(", ") ~ " has other columns or types than the model has "
      ~ "now; build all partitions of it again"
    ) -%}
  {%- endif -%}
{%- endmacro %}

{#
  The query with a watch on its partition column: a row for a partition that must not be written stops the
  COPY before it reaches a file of that partition, at no cost for the others.
#}
{% macro guard_partitions(query, partition_by, taken) -%}
  {%- set column = adapter.quote(partition_by) -%}
  select * replace (
    case
      when {{ column }} is null then error('null in the partition column {{ partition_by }} of {{ model.name }}')
      {%- if taken %}
      when cast({{ column }} as varchar) in (
        {%- for value in taken %}{{ ", " if not loop.first }}{{ sql_text(value) }}{% endfor -%}
      ) then error(
        'partition ' || cast({{ column }} as varchar) || ' of {{ model.name }} already has files, which may be '
        || 'links into another snapshot: clear it before building it again'
      )
      {%- endif %}
      else {{ column }}
    end as {{ column }}
  )
  from ({{ query }}) as model_rows
{%- endmacro %}

{% macro read_output(folder) -%}
  select * from read_parquet({{ sql_text(folder ~ "/**/*.parquet") }}, hive_partitioning = false)
{%- endmacro %}
