"""The one error class that the commands catch at their border, and what mends a full disk."""

import errno


class LocalizerError(Exception):
    """Something the user can mend; its text names the rule, the value and the way out."""


class Absent(LocalizerError):
    """A device that is not there now; it may come, or come back."""


class Refused(LocalizerError):
    """An option that this source does not have; no waiting mends it."""


def remedy(error: BaseException, otherwise: str) -> str:
    """What a user can do about a file that was not written: make room, or ``otherwise``.

    error: an OSError, or a LocalizerError that one has caused.
    """
    cause = error if isinstance(error, OSError) else error.__cause__
    full = isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT)
    return "make room" if full else otherwise
