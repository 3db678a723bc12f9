"""``edge-train``: labelled photos in, a trained localizer out."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from edge.errors import LocalizerError
from train.backbones import BACKBONES, DEFAULT

F = TypeVar("F", bound=Callable[..., Any])


def at_the_border(command: F) -> F:
    """``command``, with a LocalizerError told in one sentence and exit code 1."""

    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        # TensorFlow's start-up notes would bury what the command has to say
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        try:
            return command(*args, **kwargs)
        except LocalizerError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            click.echo("Stopped; nothing was written.", err=True)
            sys.exit(130)

    return guarded  # type: ignore[return-value]


@click.group()
@click.version_option(package_name="edge-localizer")
def main() -> None:
    """Train a one-object localizer on your own photos."""


@main.command("fit")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="RUN",
    help="The folder to make: model, report, pictures.",
)
@click.option(
    "--weights",
    default="imagenet",
    show_default=True,
    metavar="imagenet|none|FILE",
    help="Where the backbone starts from.",
)
@click.option(
    "--size",
    default=224,
    show_default=True,
    type=click.IntRange(32, 1024),
    help="Pixels along each side of the input, a multiple of 32.",
)
@click.option(
    "--alpha",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 2, min_open=True),
    help="Width of the backbone; 1.0 is the published one.",
)
@click.option(
    "--backbone",
    default=DEFAULT,
    show_default=True,
    type=click.Choice(list(BACKBONES)),
    help="The network that looks at the picture; mobilenet is the first MobileNet.",
)
@click.option("--epochs", type=click.IntRange(1), help="Of all layers. [default: by the recipe]")
@click.option("--batch", type=click.IntRange(1), help="Pictures a step. [default: by the recipe]")
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(0, 2**31 - 1),
    help="Of the split, the views and the random start.",
)
@click.option(
    "--held-out",
    default="0.2",
    show_default=True,
    metavar="SHARE|FILE",
    help="Pictures that choose nothing: a share, or a file of stems.",
)
@click.option(
    "--validation",
    default=0.1,
    show_default=True,
    type=click.FloatRange(0, 1, max_open=True),
    help="Share of the pictures that stop the training.",
)
@click.option(
    "--negatives",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Pictures without the object; else parts of the photos beside it serve.",
)
@click.option(
    "--false-alarms",
    default=0.01,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Share of pictures without the object that may be taken for one.",
)
@click.option(
    "--mixed-precision",
    is_flag=True,
    help="Compute in float16 where that is enough: faster on a GPU, slower without one.",
)
@click.option("--resume", is_flag=True, help="Go on with the training of RUN that was interrupted.")
@at_the_border
def fit_command(data: Path, out: Path, resume: bool, **options: Any) -> None:
    """Train on DATA, a folder of Pascal VOC pictures, and leave everything in RUN.

    After each epoch the state is kept in RUN.part, from which --resume goes on.
    """
    from rich.console import Console

    from train.checkpoint import path_beside
    from train.fit import Settings, fit

    if options["size"] % 32:
        raise LocalizerError(f"--size is a multiple of 32. Received: {options['size']}")
    console = Console()
    try:
        result = fit(data, out, Settings(**options), console, resume)
    except KeyboardInterrupt:
        if not path_beside(out).exists():
            raise
        click.echo(f"Stopped; --resume goes on from {path_beside(out)}.", err=True)
        sys.exit(130)
    console.print(f"held out, float: {result}", highlight=False, soft_wrap=True)
    console.print(
        f"written: {out}  next: edge-convert tflite {out} --out model.tflite",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


@main.group()
def synth() -> None:
    """Draw data, for demonstrations and tests."""


@synth.command("scenes")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--count", default=2400, show_default=True, type=click.IntRange(1))
@click.option(
    "--size",
    default=96,
    show_default=True,
    type=click.IntRange(32, 2048),
    help="Pixels along each side.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option(
    "--clip", type=click.Path(path_type=Path), metavar="FILE.mp4", help="Draw a film as well."
)
@at_the_border
def scenes_command(out: Path, count: int, size: int, seed: int, clip: Path | None) -> None:
    """Fill the folder OUT with drawn scenes: one shape each, or none, with its exact box."""
    from rich.console import Console

    from train.progress import Progress
    from train.run_folder import new_folder, refuse_existing
    from train.scenes import write_clip, write_scenes

    if clip is not None:
        refuse_existing(clip)
    with new_folder(out) as folder, Progress(Console()) as progress:
        write_scenes(folder, count, size, seed, progress.over("drawing"))
    if clip is not None:
        write_clip(clip, 180, size, seed)
    click.echo(f"{count} scenes in {out}" + (f", a film in {clip}" if clip else ""))


if __name__ == "__main__":
    main()
