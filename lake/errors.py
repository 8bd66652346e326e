"""What can be wrong with a lake, one class for each thing a caller can do about it.

Callers catch the class; the message is for the person who reads it.
"""

from __future__ import annotations


class LakeError(Exception):
    """Something the user can act on: the message says what and how."""


class NothingPublishedError(LakeError):
    """Nothing has been published in the lake yet: a run is to come first."""


class GoneError(LakeError):
    """There is no snapshot of that id: it was collected, cleared, or never complete."""


class DamagedError(LakeError):
    """A file that this package wrote is missing or cannot be read: restore it, or build anew."""


class BusyError(LakeError, BlockingIOError):
    """Another process holds a lock or reads what was to be removed: the same may work a moment later."""


class PinnedError(LakeError):
    """A rollback has pinned the lake: nothing is published until the release."""


class OvertakenError(LakeError):
    """Another process published or landed first: begin again on what is there now."""


class DecidedError(LakeError):
    """Somebody decided on a version meanwhile, so that other versions are accepted: begin again."""
