"""Errors meant for the reader: what was found, where, what was expected and what to do.

Every error that a user can cause is an `EarmarkError`; the stages print its message and exit with 1.
Each is a `ValueError` too, so that callers of the library need not know this module.
"""


class EarmarkError(ValueError):
    """Root of all errors that are explained to the user instead of traced."""


class DataError(EarmarkError):
    """The user's audio or tables cannot be used as they are."""


class ParamsError(EarmarkError):
    """A key of the params file is unknown, missing or impossible."""


class ArtifactError(EarmarkError):
    """A file written by an earlier stage is missing, damaged or made with other settings."""
