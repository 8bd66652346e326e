"""Marts: dbt models, and the expectations they are gated by."""
