"""``edge-run``, and ``python -m edge``: the command as a process of its own; ``edge-device``."""

from __future__ import annotations

import errno
import os
import sys

# Nothing that Python has not loaded already: Ctrl-C may come before anybody waits for it.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def command(run: Callable[[], object] | None = None) -> None:
    """Run it, ``edge-run`` unless said, and end the process with its status.

    A thread that was left behind, as in a driver that does not return, is not waited for. Python
    would end it when it does return, which inside OpenCV aborts the whole process.
    """
    status = status_of(run or _edge_run)
    import contextlib
    import threading

    if any(one.daemon for one in threading.enumerate()):
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):  # its reader has left
                stream.flush()
        os._exit(status)
    sys.exit(status)


def device() -> None:
    """Run ``edge-device``, and end the process with its status."""
    sys.exit(status_of(_edge_device))


def status_of(run: Callable[[], object]) -> int:
    """The exit status of the process once ``run`` is over; 130 after Ctrl-C, without a word.

    run: imports the command as well, which takes a while in which Ctrl-C may come.
    """
    try:
        _open_closed_streams()
        run()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        # of a file that has a name, its own command tells
        if error.filename is None and error.errno in (errno.ENOSPC, errno.EDQUOT):
            sys.stderr.write(
                f"Error: a result cannot be written: {error.strerror}; make room, or send standard "
                "output elsewhere\n"
            )
        else:
            sys.excepthook(*sys.exc_info())
        return 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _edge_run() -> None:
    from edge.cli import main

    main()


def _edge_device() -> None:
    from edge.device_cli import main

    main()


def _open_closed_streams() -> None:
    """What the caller closed, as ``>&-`` does, goes to nobody; else a file would get its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 - as long as the process


if __name__ == "__main__":
    command()
