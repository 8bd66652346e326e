"""The dashboard: gold, looked at in a browser."""
