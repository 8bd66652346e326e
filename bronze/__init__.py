"""Ingestion: dlt sources, and the landing of what they offer as raw Parquet."""
