"""The border of every command of a workstation: what the user can mend is told in one sentence."""

from __future__ import annotations

import errno
import functools
import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from edge.errors import LocalizerError, remedy

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""What a system says of a disk that takes no more."""

F = TypeVar("F", bound=Callable[..., Any])


def at_the_border(command: F) -> F:
    """``command``, with what the user can mend told in one sentence and exit code 1.

    That is a LocalizerError, a full disk, and a file that the system names and does not give.
    """

    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        # TensorFlow's start-up notes would bury what the command has to say
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        try:
            return command(*args, **kwargs)
        except LocalizerError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(1)
        except OSError as error:
            if error.errno not in FULL:
                if error.filename is None:
                    raise
                click.echo(
                    f"Error: {error.filename} cannot be used ({os.strerror(error.errno or 0)}); "
                    "mend that, or name another",
                    err=True,
                )
                sys.exit(1)
            click.echo(
                f"Error: {error.filename or 'a result'} cannot be written "
                f"({os.strerror(error.errno)}); {remedy(error, 'name another place')} and run the "
                "command again (a training goes on with --resume)",
                err=True,
            )
            sys.exit(1)
        except KeyboardInterrupt:
            click.echo("Stopped; nothing was written.", err=True)
            sys.exit(130)

    return guarded  # type: ignore[return-value]


def format_option(command: F) -> F:
    """``command`` with ``--format``."""
    # the names stand in train.readers.sniff.FORMATS as well; importing them would cost a second
    names = ["voc", "coco", "yolo", "label-studio", "csv", "folders"]
    return click.option(
        "--format",
        "data_format",
        type=click.Choice(names),
        help="How DATA is annotated. [default: by looking at it]",
    )(command)


def objects_option(command: F) -> F:
    """``command`` with ``--objects``."""
    # the names stand in train.readers.settle.Objects as well, for the same reason
    return click.option(
        "--objects",
        type=click.Choice(["largest", "first", "refuse"]),
        default="largest",
        show_default=True,
        help="Which object counts where a picture has several.",
    )(command)


def first_line(error: Exception) -> str:
    """What another program's error says first; its kind where it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
