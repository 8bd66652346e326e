"""The pages: one file each, which reads from top to bottom: ask, stop if there is nothing, show."""
