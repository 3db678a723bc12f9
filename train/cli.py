"""``edge-train``: labelled photos in, a trained localizer out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from edge.numbers import Finite, Whole
from train import data_cli, model_cli
from train.backbones import BACKBONES, DEFAULT
from train.border import at_the_border, format_option, objects_option
from train.presets.options import given_options, preset_options, settings_of


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
    type=Whole(32, 1024),
    help="Pixels along each side of the input, a multiple of 32.",
)
@click.option(
    "--alpha",
    default=1.0,
    show_default=True,
    type=Finite(0.05, 2),
    help="Width of the backbone; 1.0 is the published one.",
)
@click.option(
    "--backbone",
    default=DEFAULT,
    show_default=True,
    type=click.Choice(list(BACKBONES)),
    help="The network that looks at the picture; mobilenet is the first MobileNet.",
)
@click.option("--epochs", type=Whole(1, 100_000), help="Of all layers. [default: by the recipe]")
@click.option("--batch", type=Whole(1, 10_000), help="Pictures a step. [default: by the recipe]")
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=Whole(0, 2**31 - 1),
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
    type=Finite(0, 1, max_open=True),
    help="Share of the pictures that choose the epoch and the presence threshold.",
)
@click.option(
    "--negatives",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Pictures without the object; else parts of the photos beside it serve.",
)
@click.option(
    "--also",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Further labelled pictures, such as a device's, which only train; may be given twice.",
)
@click.option(
    "--false-alarms",
    default=0.01,
    show_default=True,
    type=Finite(0, 1),
    help="Share of pictures without the object that may be taken for one.",
)
@format_option
@objects_option
@click.option(
    "--mixed-precision",
    is_flag=True,
    help="Compute in float16 where that is enough: faster on a GPU, slower without one.",
)
@click.option(
    "--mirror/--no-mirror",
    default=True,
    show_default=True,
    help="Train on mirror images as well; not where they are something else, as of digits.",
)
@click.option(
    "--variety",
    type=Finite(0, 1),
    metavar="N",
    help="How far views stray in zoom, shape, place, light and sharpness, 0 to 1; less where all "
    "pictures are taken alike. [default: by the recipe]",
)
@click.option("--resume", is_flag=True, help="Go on with the training of RUN that was interrupted.")
@click.option(
    "--log",
    "logs",
    multiple=True,
    type=click.Choice(["tensorboard", "wandb"]),
    help="Where curves and validation pictures go as well; may be given twice.",
)
@preset_options
@at_the_border
def fit_command(data: Path, out: Path, resume: bool, logs: tuple[str, ...], **options: Any) -> None:
    """Train on DATA, a folder of labelled pictures, and leave everything in RUN.

    DATA is Pascal VOC, COCO, YOLO, Label Studio's JSON, or a CSV of a few known kinds.
    After each epoch the state is kept in RUN.part, from which --resume goes on.
    """
    from rich.console import Console

    from train.checkpoint import path_beside
    from train.fit import fit
    from train.progress import say

    settings = settings_of(options, given_options())
    console = Console()
    try:
        result = fit(data, out, settings, console, resume, logs)
    except KeyboardInterrupt:
        if not path_beside(out).exists():
            raise
        click.echo(f"Stopped; --resume goes on from {path_beside(out)}.", err=True)
        sys.exit(130)
    say(console, f"held out, float: {result}")
    use = f"edge-convert tflite {out} --out model.tflite"
    if settings.heads == "class":
        use = f"edge-train fit PHOTOS --preset snacks --classifier {out / 'model.keras'} --out RUN"
    say(console, f"written: {out}  next: {use}")


main.add_command(data_cli.check_command)
main.add_command(data_cli.show_command)
main.add_command(data_cli.convert_data_command)
main.add_command(data_cli.autolabel_command)
main.add_command(data_cli.label_command)
main.add_command(model_cli.predict_command)
main.add_command(model_cli.evaluate_command)


@main.group()
def synth() -> None:
    """Draw data, for demonstrations and tests."""


synth.add_command(data_cli.mnist_command)


@synth.command("scenes")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--count", default=2400, show_default=True, type=Whole(1))
@click.option(
    "--size",
    default=96,
    show_default=True,
    type=Whole(32, 2048),
    help="Pixels along each side.",
)
@click.option("--seed", default=0, show_default=True, type=Whole(0))
@click.option(
    "--clip", type=click.Path(path_type=Path), metavar="FILE.mp4", help="Draw a film as well."
)
@at_the_border
def scenes_command(out: Path, count: int, size: int, seed: int, clip: Path | None) -> None:
    """Fill the folder OUT with drawn scenes: one shape each, or none, with its exact box."""
    from rich.console import Console

    from train.progress import Progress
    from train.run_folder import new_folder
    from train.scenes import refuse_clip, write_clip, write_scenes

    if clip is not None:
        refuse_clip(clip)
    with new_folder(out) as folder, Progress(Console()) as progress:
        write_scenes(folder, count, size, seed, progress.over("drawing"))
    if clip is not None:
        write_clip(clip, 180, size, seed)
    click.echo(f"{count} scenes in {out}" + (f", a film in {clip}" if clip else ""))
