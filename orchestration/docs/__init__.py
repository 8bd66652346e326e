"""Generated documents: data docs over all gates, dbt docs with a filled catalog, one index over both."""
