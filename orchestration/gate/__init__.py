"""The gate: Great Expectations judging a landed version or a built layer."""
