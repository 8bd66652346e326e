"""Conformance: what a source still lacks, layer by layer, read from the project itself.

`make conformance`, or `make conformance SOURCE=nager`. A name that is in no layer yet gets the whole list of
what to write, each with the file that shows how.
"""
