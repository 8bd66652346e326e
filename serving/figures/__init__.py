"""Figures: a typed function each, frame in, Plotly figure out. One module per page."""
