"""The one error class that the commands catch at their border."""


class LocalizerError(Exception):
    """Something the user can mend; its text names the rule, the value and the way out."""


class Absent(LocalizerError):
    """A device that is not there now; it may come, or come back."""


class Refused(LocalizerError):
    """An option that this source does not have; no waiting mends it."""
