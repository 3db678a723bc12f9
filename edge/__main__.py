"""``edge-run``, and ``python -m edge``: the command as a process of its own."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable


def command(run: Callable[[], object] | None = None) -> None:
    """Run it, ``edge-run`` unless said, and end the process with its status.

    A thread that was left behind, as in a driver that does not return, is not waited for. Python
    would end it when it does return, which inside OpenCV aborts the whole process.
    """
    status = 0
    try:
        _open_closed_streams()
        if run is None:
            from edge.cli import main  # takes a while, in which Ctrl-C may come

            run = main
        run()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        status = 130
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    if any(one.daemon for one in threading.enumerate()):
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):  # its reader has left
                stream.flush()
        os._exit(status)
    sys.exit(status)


def _open_closed_streams() -> None:
    """What the caller closed, as ``>&-`` does, goes to nobody; else a file would get its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 - as long as the process


if __name__ == "__main__":
    command()
