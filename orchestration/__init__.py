"""The steps of the pipeline, the gate, and the drivers that run them."""
