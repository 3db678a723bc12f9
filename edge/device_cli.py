"""The command group ``edge-device``: what is done with a device besides running it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from edge.errors import LocalizerError
from edge.looking import is_file, refuse_taken
from edge.numbers import Finite, Whole
from edge.paths import Place

_STDOUT = "-"
Command = TypeVar("Command", bound=Callable[..., None])


def _told(command: Command) -> Command:
    """``command``, with what the user can mend told in one sentence."""

    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except LocalizerError as error:
            raise click.ClickException(str(error)) from error

    return guarded  # type: ignore[return-value]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="edge-localizer", prog_name="edge-device")
def main() -> None:
    """Look after a device that runs a localizer."""


@main.command("bench")
@click.option(
    "--model",
    type=Place(),
    metavar="FILE",
    help="The model; else as edge-run finds it.",
)
@click.option(
    "--json",
    "json_target",
    is_flag=False,
    flag_value=_STDOUT,
    metavar="[FILE]",
    help="Write the figures as JSON, to standard output or to FILE.",
)
@click.option(
    "--threads",
    type=Whole(1, 64),
    default=1,
    show_default=True,
    help="CPU threads of the model.",
)
@click.option(
    "--rounds",
    type=Whole(min=1),
    default=5,
    show_default=True,
    help="How often everything is measured in turn, for about six seconds; medians count.",
)
@click.option(
    "--soak",
    type=Whole(min=100),
    metavar="N",
    help="Also watch memory, open files and threads over N frames.",
)
@_told
def bench(
    model: Path | None, json_target: str | None, threads: int, rounds: int, soak: int | None
) -> None:
    """Measure how near edge-run comes to the bare interpreter on this machine.

    In turn: the interpreter alone, edge-run's loop and the straight loop that people write; from
    memory, from a camera of 30 frames per second, and from one whose read blocks as long as an
    inference. Overlay and JSON lines are on.
    """
    import json

    from edge.bench.job import bench as measured
    from edge.model_file import find_model

    if json_target not in (None, _STDOUT):
        refuse_taken(Path(json_target), "--json")  # before a long measurement, not after it
    path, _ = find_model(model)
    report = measured(
        path, threads, rounds, soak=soak, say=lambda sentence: click.echo(sentence, err=True)
    )
    text = json.dumps(report, indent=2)
    if json_target == _STDOUT:
        click.echo(text)
        return
    if json_target is not None:
        _write(Path(json_target), text)
    for name, value in report.items():
        if not isinstance(value, dict | list):
            click.echo(f"{name:30} {value}")
    for sentence in report["missed"] if isinstance(report["missed"], list) else ():
        click.echo(f"missed: {sentence}")


@main.command("field-test")
@click.option(
    "--minutes",
    type=Finite(min=0, min_open=True),
    default=15.0,
    show_default=True,
    help="How long the camera is answered; Ctrl-C ends it early.",
)
@click.option("--camera", default="auto", show_default=True, help="As of edge-run.")
@click.option("--model", type=Place(), metavar="FILE", help="As of edge-run.")
@click.option("--delegate", metavar="edgetpu|PATH", help="As of edge-run.")
@click.option("--max-frames", type=Whole(min=1), metavar="N", help="End after N frames.")
@click.option(
    "--out",
    type=Place(),
    metavar="FILE.zip",
    help="What is written.  [default: field-test-TIME.zip]",
)
@click.option("--no-picture", is_flag=True, help="Leave out the last picture of the camera.")
@click.option("--no-bench", is_flag=True, help="Leave out edge-device bench, of about a minute.")
@_told
def field_test(
    minutes: float, out: Path | None, no_picture: bool, no_bench: bool, **asked: Any
) -> None:
    """Write one file on how edge-run does on this board, to be sent to its makers.

    It holds versions, the names of board, system and cameras, speed, ages, temperatures and memory
    over the time, what was told, and the last picture. Look into it before you send it.
    """
    import time

    from edge.bench.job import bench as measured
    from edge.field_test import field_test as run
    from edge.outputs import Outputs
    from edge.request import Request
    from edge.source_options import SourceOptions

    path = out or Path(time.strftime("field-test-%Y%m%d-%H%M%S.zip"))
    request = Request(SourceOptions(), Outputs(), **asked)
    report = run(request, minutes, path, None if no_bench else measured, not no_picture)
    figures = report["figures"]
    click.echo(f"{figures['frames']} frames, {figures['fps']} a second; {path} is ready to be sent")


@main.command("web-password")
@click.option(
    "--file",
    "path",
    type=Place(dir_okay=False),
    metavar="FILE",
    help="Where its hash is written.  [default: where edge-run --web looks for it]",
)
@_told
def web_password(path: Path | None) -> None:
    """Set the password of edge-run --web, which other machines are asked for.

    It is asked for twice, or read from standard input where that is no terminal. What is written
    is a hash, for you alone. Whoever has entered before is asked again after edge-run's next start.
    """
    import sys

    from edge.web.password import Password, usual_place

    if sys.stdin is None:  # closed by the caller
        text = ""
    elif sys.stdin.isatty():
        text = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        text = sys.stdin.readline().rstrip("\r\n")
    place = path or usual_place()
    there = is_file(place)
    Password.chosen(text).write(place)
    _say(f"{place} {'has another hash now' if there else 'is written'}; start edge-run again")


@main.command("pull")
@click.argument("host", metavar="[USER@]HOST[:FOLDER]")
@click.argument("folder", metavar="DIR", type=Place())
@click.option(
    "--ssh",
    default="ssh",
    show_default=True,
    metavar="COMMAND",
    help="The program with its options, such as 'ssh -p 2222'.",
)
@_told
def pull_command(host: str, folder: Path, ssh: str) -> None:
    """Bring what a device has collected into DIR; what is there already stays as it is.

    FOLDER is the service's /var/lib/edge-run/collected unless named. What only root may read there
    is read by sudo, where that asks for no password, as on a Raspberry Pi.
    Then: edge-train label DIR.
    """
    import sys

    from edge.pull import Remote, pull

    def watch(done: int, count: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{done} of {count}", nl=done == count, err=True)

    came, without_note, had = pull(Remote(host, ssh), folder, watch)
    kept = f"; {without_note} without its note, as another .json has that name"
    click.echo(f"{came} frames came to {folder}, {had} were there{kept if without_note else ''}")


_ROOT = click.option(
    "--root",
    type=Place(file_okay=False, exists=True),
    default=Path("/"),
    metavar="DIR",
    help="Another system's root, which is not running, such as an SD card.",
)
_DRY = click.option("--dry-run", is_flag=True, help="Only say what would be done.")


@main.command("install-service")
@_ROOT
@_DRY
@_told
def install_service(root: Path, dry_run: bool) -> None:
    """Let systemd run edge-run from the start of the board on.

    Writes the unit for this interpreter and this board's groups, rules for a Coral and a first
    /etc/edge-run.toml, lets systemd verify the unit, and enables it. What you edited stays.
    """
    import sys

    import edge
    from edge.cli import main as edge_run
    from edge.config import read_config
    from edge.install import System
    from edge.service_files import command

    def network(configuration: Path) -> bool:
        values = read_config(configuration, edge_run)
        return "://" in values.get("camera", "") or not {"mqtt", "metrics", "web"}.isdisjoint(
            values
        )

    package = Path(str(edge.__file__)).parent
    started = command(Path(sys.executable), Path(sys.base_prefix), package)
    System(_say, root, dry_run).install(started, network)


@main.command("uninstall-service")
@_ROOT
@_DRY
@_told
def uninstall_service(root: Path, dry_run: bool) -> None:
    """Stop edge-run and remove what install-service wrote; says what of yours is left."""
    from edge.install import System

    System(_say, root, dry_run).uninstall()


def _say(sentence: str) -> None:
    click.echo(sentence)


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text + "\n")
    except OSError as error:
        raise LocalizerError(
            f"{path} cannot be written: {error.strerror}; give --json another place"
        ) from error


if __name__ == "__main__":
    main()
