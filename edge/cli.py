"""The command ``edge-run``: a camera, a video or pictures in; boxes out."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from edge.request import Request, request_options


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@request_options
@click.option("--list-cameras", is_flag=True, help="Say which cameras are there, and end.")
@click.version_option(package_name="edge-localizer", prog_name="edge-run")
def main(list_cameras: bool, **options: Any) -> None:
    """Find the object that a model was trained on, and say where it is.

    Takes exactly one of --camera, --video and --images. Ctrl-C ends it with all files closed.
    """
    request = Request.taken(options)
    if not list_cameras:
        request.checked()
    _quiet_libraries()
    from edge.errors import LocalizerError
    from edge.stopping import Stopping

    try:
        if list_cameras:
            _list_cameras()
            return
        with Stopping() as stopping:  # before the slow imports, so that a signal finds it there
            from edge.notify import Manager
            from edge.session import Session

            click.echo(Session(request, stopping, manager=Manager.found()).run(), err=True)
    except LocalizerError as error:
        raise click.ClickException(str(error)) from error
    except BrokenPipeError:  # the reader has seen enough, as head has
        _drop_unread()


def _list_cameras() -> None:
    from edge.sources.choose import listed

    for line in listed():
        click.echo(line)


def _quiet_libraries() -> None:
    """Before they are imported: what they say of a broken file would bury our one sentence."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    # Seconds until a read of a USB camera that hangs fails; OpenCV reads it when it is imported.
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "5")


def _drop_unread() -> None:
    """Let Python's last flush at the exit find somewhere to go."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
