"""The pipeline measured beside a bare DuckDB script: `python -m tests.benchmarks --help`."""
