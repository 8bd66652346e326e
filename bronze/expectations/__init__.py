"""What must hold for a raw version before it may enter a snapshot: one suite per table."""
