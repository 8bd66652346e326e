#!/usr/bin/env bash
# With the newest Celery that it asks for, Airflow's Celery provider says that Airflow is too old.
#
# apache-airflow-providers-celery 3.26.0 asks for celery from 5.5 on and below 6, and takes `retry` from a module of it, which
# Celery 5.7.0 does not have any more. The two install together and `pip check` is content. `airflow celery worker` then ends in
#   Failed to import providers_configuration_loaded. This feature is only available in Airflow versions >= 2.8.0
# on Airflow 3.3.2: every ImportError within the command is taken for that one. The scheduler says as little: "The
# module/attribute could not be loaded", and tasks stay queued for good. Celery 5.5.3 beside the same packages imports.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export AIRFLOW_HOME=$folder/home AIRFLOW__CORE__EXECUTOR=CeleryExecutor AIRFLOW__CORE__LOAD_EXAMPLES=false COLUMNS=300
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
    apache-airflow-core==3.3.2 apache-airflow-providers-celery==3.26.0 celery==5.7.0
venv/bin/pip check
venv/bin/python -m airflow celery worker > said 2>&1 || true
grep -o "Failed to import providers_configuration_loaded.*" said | tail -1 | tee last
grep -qx "Failed to import providers_configuration_loaded. This feature is only available in Airflow versions >= 2.8.0" last
executor='import airflow.providers.celery.executors.celery_executor_utils, celery; print("celery", celery.__version__)'
venv/bin/python -c "$executor" > said 2>&1 || true
tail -1 said | sed 's/ (.*//' | tee last
grep -qx "ImportError: cannot import name 'retry' from 'celery.backends.database'" last
venv/bin/pip install --quiet --disable-pip-version-check celery==5.5.3
venv/bin/python -c "$executor" 2> /dev/null | tail -1 | tee last
grep -qx "celery 5.5.3" last
echo "as described"
