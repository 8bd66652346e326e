"""What must hold for the built marts before a snapshot is published: one suite per table."""
