"""What must hold for the built silver tables before a snapshot is published: one suite per table."""
