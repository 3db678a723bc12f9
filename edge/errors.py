"""The one error class that the commands catch at their border."""


class LocalizerError(Exception):
    """Something the user can mend; its text names the rule, the value and the way out."""
