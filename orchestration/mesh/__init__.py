"""SQLMesh on the same dbt project."""
