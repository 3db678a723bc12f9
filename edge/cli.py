"""The command ``edge-run``: a camera, a video or pictures in; boxes out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from edge.paths import Place
from edge.request import Request, merged, request_options


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@request_options
@click.option(
    "--config",
    type=Place(),
    metavar="FILE",
    help="Options as TOML, such as fps = 5; those of the command line win.",
)
@click.option("--print-config", is_flag=True, help="Print all options as such a file, and end.")
@click.option("--list-cameras", is_flag=True, help="Say which cameras are there, and end.")
@click.version_option(package_name="edge-localizer", prog_name="edge-run")
@click.pass_context
def main(
    context: click.Context,
    /,
    config: Path | None,
    print_config: bool,
    list_cameras: bool,
    **options: Any,
) -> None:
    """Find the object that a model was trained on, and say where it is.

    Takes exactly one of --camera, --video and --images. Ctrl-C ends it with all files closed; a
    service reloads on SIGHUP, and when its model file changes.
    """
    from edge.errors import LocalizerError

    given = {
        name: value
        for name, value in options.items()
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT
    }

    def read() -> dict[str, Any]:
        if config is None:
            return options
        from edge.config import read_config

        return merged(options, read_config(config, main), given)

    try:
        if print_config:
            from edge.config import printed

            text = printed(read(), main)
            try:
                click.echo(text, nl=False)
            except BrokenPipeError:
                raise
            except OSError as error:
                _drop_unread()
                raise LocalizerError(
                    f"standard output cannot be written: {error.strerror}; send it elsewhere"
                ) from error
        elif list_cameras:
            _quiet_libraries()
            _list_cameras()
        else:
            _run(lambda: Request.taken(read()).checked())
    except LocalizerError as error:
        raise click.ClickException(str(error)) from error
    except BrokenPipeError:  # the reader has seen enough, as head has
        _drop_unread()


def _run(request: Callable[[], Request]) -> None:
    from edge.stopping import Stopping

    first = request()
    _quiet_libraries()
    with Stopping() as stopping:  # before the slow imports, so that a signal finds it there
        from edge.notify import Manager
        from edge.session import Session

        click.echo(Session(first, stopping, request, Manager.found()).run(), err=True)


def _list_cameras() -> None:
    from edge.sources.choose import listed

    for line in listed():
        click.echo(line)


def _quiet_libraries() -> None:
    """Before they are imported: what they say of a broken file would bury our one sentence."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    # Seconds until a read of a USB camera that hangs fails; OpenCV reads it when it is imported.
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "4")


def _drop_unread() -> None:
    """Let Python's last flush at the exit find somewhere to go."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # nobody reads, or the disk behind it is full
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
