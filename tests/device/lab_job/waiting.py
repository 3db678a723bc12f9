"""Waiting for what comes soon, as a line of a journal does after what it tells of."""

import time

PATIENCE = 120.0
"""Seconds after which what is waited for counts as missing; under emulation all takes its time."""


def until(found, what):
    """What ``found`` gives, once that is something."""
    end = time.monotonic() + PATIENCE
    while not (result := found()):
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.05)
    return result
