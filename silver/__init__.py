"""Typed and judged facts and dimensions: dbt models, and the expectations they are gated by."""
