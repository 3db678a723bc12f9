"""``edge-train``'s commands that look at data, move it and make it."""

from __future__ import annotations

from pathlib import Path

import click

from edge.errors import LocalizerError
from edge.numbers import Finite, Whole
from train.border import at_the_border, format_option

_PATH = click.Path(path_type=Path)
_SEED = click.option("--seed", default=0, show_default=True, type=Whole(0, 2**31 - 1))


@click.command("check")
@click.argument("data", type=_PATH)
@click.option(
    "--out",
    type=_PATH,
    metavar="DIR",
    help="The folder to make: check.json, and suspects.png to look at.",
)
@click.option(
    "--held-out",
    default="0.2",
    show_default=True,
    metavar="SHARE|FILE",
    help="As edge-train fit takes it: near duplicates across the split are told first.",
)
@click.option("--validation", default=0.1, show_default=True, type=Finite(0, 1, max_open=True))
@_SEED
@format_option
@at_the_border
def check_command(
    data: Path,
    out: Path | None,
    held_out: str,
    validation: float,
    seed: int,
    data_format: str | None,
) -> None:
    """Say what is wrong with DATA before a training finds out.

    Broken, turned and repeated pictures, impossible and doubtful boxes, classes that are written in
    two ways, pictures that nobody annotated.
    """
    from rich.console import Console

    from train.checks.job import check
    from train.split import held_out_of

    check(data, data_format, held_out_of(held_out), validation, seed, out, Console())


@click.command("show")
@click.argument("data", type=_PATH)
@click.option("--out", type=_PATH, required=True, metavar="FILE.png", help="The sheet to make.")
@click.option("--count", default=20, show_default=True, type=Whole(1, 400))
@_SEED
@format_option
@at_the_border
def show_command(data: Path, out: Path, count: int, seed: int, data_format: str | None) -> None:
    """Draw some pictures of DATA with all their boxes into one sheet."""
    from rich.console import Console

    from train.checks.sheet import refuse_sheet, write_sample
    from train.progress import Progress, say
    from train.readers.data import read_collection

    refuse_sheet(out)
    console = Console()
    with Progress(console) as progress:
        found = read_collection(data, data_format, progress.over("reading"))
    for fault in found.refused:
        say(console, f"refused {fault}")
    if not found.pictures:
        raise LocalizerError(
            f"{data} holds no labelled picture that can be shown ({len(found.refused)} files "
            "refused); edge-train check says more"
        )
    shown = write_sample(out, found.pictures, count, seed)
    click.echo(f"{shown} of {len(found.pictures)} pictures ({found.data_format}) in {out}")


@click.command("convert-data")
@click.argument("data", type=_PATH)
@click.option("--to", required=True, type=click.Choice(["voc", "coco", "yolo", "csv"]))
@click.option("--out", type=_PATH, required=True, metavar="DIR", help="The folder to make.")
@format_option
@at_the_border
def convert_data_command(data: Path, to: str, out: Path, data_format: str | None) -> None:
    """Copy DATA into another format, with every object of every picture.

    Files that cannot be used stay behind and are listed.
    """
    from rich.console import Console

    from train.progress import Progress, say
    from train.readers.data import read_collection
    from train.run_folder import refuse_existing
    from train.writers.convert import write_collection

    refuse_existing(out)
    console = Console()
    with Progress(console) as progress:
        found = read_collection(data, data_format, progress.over("reading"))
        for fault in found.refused:
            say(console, f"left behind {fault}")
        write_collection(found, out, to, progress.over("copying"))
    objects = sum(len(picture.things) for picture in found.pictures)
    click.echo(
        f"{len(found.pictures)} pictures with {objects} objects from {found.data_format} to {to} "
        f"in {out}, {len(found.refused)} files left behind"
    )


@click.command("mnist")
@click.argument("out", type=_PATH)
@click.option("--count", default=10_000, show_default=True, type=Whole(1))
@click.option("--idx", type=_PATH, metavar="DIR", help="MNIST's idx files. [default: Keras' own]")
@_SEED
@at_the_border
def mnist_command(out: Path, count: int, idx: Path | None, seed: int) -> None:
    """Fill the folder OUT with handwritten digits, each somewhere on a black picture.

    100 by 100 pixels, PNG and CSV; the box is the digit's whole frame of 28 by 28 pixels.
    """
    from rich.console import Console

    from train.digits import keras_digits, read_digits, write_digits
    from train.progress import Progress
    from train.run_folder import new_folder

    with new_folder(out) as folder, Progress(Console()) as progress:
        digits = read_digits(idx) if idx is not None else keras_digits()
        write_digits(folder, digits, count, seed, progress.over("drawing"))
    click.echo(f"{count} digits in {out}")


@click.command("autolabel")
@click.argument("folder", metavar="DIR", type=_PATH)
@click.option(
    "--with",
    "by",
    required=True,
    metavar="haar|MODEL",
    help="Faces by OpenCV's Haar cascade; or RUN of edge-train fit, a .keras, .tflite or .onnx.",
)
@click.option(
    "--out", type=_PATH, metavar="FILE.csv", help="The table to make. [default: DIR/autolabel.csv]"
)
@at_the_border
def autolabel_command(folder: Path, by: str, out: Path | None) -> None:
    """Draw boxes on the pictures in DIR by machine, the doubtful ones first in the table.

    A MODEL looks a second time at what it finds, as edge-run --closer does.
    Look through them before you train: edge-train show DIR.
    """
    from rich.console import Console

    from train.autolabel import autolabel, haar, model
    from train.example import printable
    from train.progress import Progress, say
    from train.run_folder import refuse_existing

    target = out or folder / "autolabel.csv"
    refuse_existing(target)
    console = Console()
    see = haar() if by == "haar" else model(Path(by))
    with Progress(console) as progress:
        made = autolabel(folder, see, target, progress.over("looking"))
    for fault in made.refused:
        say(console, f"refused {fault}")
    for path in made.nothing:
        say(console, printable(f"nothing found in {path}"))
    click.echo(
        f"{len(made.rows)} boxes in {target}, nothing found in {len(made.nothing)} pictures, "
        f"{len(made.refused)} refused"
    )


@click.command("label")
@click.argument("folder", metavar="DIR", type=_PATH)
@click.option(
    "--with",
    "by",
    metavar="haar|MODEL",
    help="What proposes boxes, as of autolabel; the least certain pictures come first.",
)
@click.option("--classes", metavar="A,B,…", help="Names of classes, in the order of their keys.")
@click.option(
    "--port",
    default=8090,
    show_default=True,
    type=Whole(0, 65535),
    help="Where the page is, on this machine only; 0 takes a free one.",
)
@at_the_border
def label_command(folder: Path, by: str | None, classes: str | None, port: int) -> None:
    """Draw boxes on the pictures in DIR in a browser, one a picture.

    Each is written at once as Pascal VOC beside its picture, or in annotations/ beside images/;
    convert-data makes other formats of it. Frames that edge-run --collect kept show what the
    device saw.
    """
    from rich.console import Console

    from train.label.job import label
    from train.readers.annotation import Unusable, label_of

    try:
        names = [label_of(name, "it") for name in (classes or "").split(",") if name.strip()]
    except Unusable as fault:
        raise LocalizerError(f"--classes {fault}") from fault
    label(folder, by, names, port, Console())
