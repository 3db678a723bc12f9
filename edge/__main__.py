"""``edge-run``, and ``python -m edge``: the command as a process of its own."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable

from edge.cli import main


def command(run: Callable[[], object] = main) -> None:
    """Run it, and end the process with its status.

    A thread that was left behind, as in a driver that does not return, is not waited for. Python
    would end it when it does return, which inside OpenCV aborts the whole process.
    """
    status = 0
    try:
        run()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    if any(one.daemon for one in threading.enumerate()):
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):  # its reader has left
                stream.flush()
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    command()
