"""The steps as tasks of Airflow, and a local Airflow to run them."""
