"""What can go wrong with one batch, in words a person can act on."""

from __future__ import annotations


class BatchError(Exception):
    """One batch cannot be landed: the message names the file, row or field and what to do."""


class UnreachableError(BatchError):
    """The upstream did not answer, or not as a whole: asking again later may help."""
