"""``edge-train``'s commands that look at data, move it and make it."""

from __future__ import annotations

from pathlib import Path

import click

from edge.errors import LocalizerError
from train.border import at_the_border, format_option

_PATH = click.Path(path_type=Path)
_SEED = click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 2**31 - 1))


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
@click.option(
    "--validation", default=0.1, show_default=True, type=click.FloatRange(0, 1, max_open=True)
)
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
@click.option("--count", default=20, show_default=True, type=click.IntRange(1, 400))
@_SEED
@format_option
@at_the_border
def show_command(data: Path, out: Path, count: int, seed: int, data_format: str | None) -> None:
    """Draw some pictures of DATA with all their boxes into one sheet."""
    from rich.console import Console

    from train.checks.sheet import write_sample
    from train.progress import Progress
    from train.readers.data import read_collection
    from train.run_folder import refuse_existing

    refuse_existing(out)
    console = Console()
    with Progress(console) as progress:
        found = read_collection(data, data_format, progress.over("reading"))
    for fault in found.refused:
        console.print(f"refused {fault}", highlight=False, markup=False, soft_wrap=True)
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

    from train.progress import Progress
    from train.readers.data import read_collection
    from train.run_folder import refuse_existing
    from train.writers.convert import write_collection

    refuse_existing(out)
    console = Console()
    with Progress(console) as progress:
        found = read_collection(data, data_format, progress.over("reading"))
        for fault in found.refused:
            console.print(f"left behind {fault}", highlight=False, markup=False, soft_wrap=True)
        write_collection(found, out, to, progress.over("copying"))
    objects = sum(len(picture.things) for picture in found.pictures)
    click.echo(
        f"{len(found.pictures)} pictures with {objects} objects from {found.data_format} to {to} "
        f"in {out}, {len(found.refused)} files left behind"
    )
