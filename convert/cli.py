"""``edge-convert``: a trained run in, a file for the device out."""

from __future__ import annotations

from pathlib import Path

import click

from train.cli import at_the_border


@click.group()
@click.version_option(package_name="edge-localizer")
def main() -> None:
    """Turn a trained run into a file for the device."""


@main.command("tflite")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE.tflite",
    help="The file to make.",
)
@click.option(
    "--sheet",
    type=click.Path(path_type=Path),
    metavar="FILE.png",
    help="Draw truth and the file's prediction side by side.",
)
@click.option(
    "--precision",
    type=click.Choice(["int8", "float16", "float32", "dynamic"]),
    default="int8",
    show_default=True,
    help="int8 runs everywhere; float16, float32 and dynamic (int8 weights only) on CPUs.",
)
@at_the_border
def tflite_command(run: Path, out: Path, sheet: Path | None, precision: str) -> None:
    """Convert RUN to a TFLite file and measure it on the pictures that RUN never saw."""
    from rich.console import Console

    from convert.job import convert

    console = Console()
    result = convert(run, out, sheet, console, precision)
    for name, figures in (("float", result.floating), (precision, result.released)):
        console.print(f"held out, {name}: {figures}", highlight=False, soft_wrap=True)
    size = out.stat().st_size / 1e6
    console.print(
        f"written: {out} ({size:.2f} MB)  next: edge-run --model {out} --camera",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


if __name__ == "__main__":
    main()
