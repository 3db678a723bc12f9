"""``edge-convert``: a trained run in, a file for the device out."""

from __future__ import annotations

from pathlib import Path

import click

from edge.errors import LocalizerError
from train.cli import at_the_border

_FOLDER = click.Path(path_type=Path)


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
@click.option("--data", type=_FOLDER, metavar="DIR", help="Where RUN's pictures lie now.")
@click.option(
    "--limit",
    type=click.FloatRange(0, 1),
    default=0.01,
    show_default=True,
    help="Mean IoU that the file may lose against float.",
)
@click.option(
    "--report", type=_FOLDER, metavar="DIR", help="Leave the comparison there, also of a refusal."
)
@click.option(
    "--golden/--no-golden",
    default=True,
    show_default=True,
    help="Put up to eight of RUN's pictures into the file, to prove it on the device.",
)
@at_the_border
def tflite_command(
    run: Path,
    out: Path,
    sheet: Path | None,
    precision: str,
    data: Path | None,
    limit: float,
    report: Path | None,
    golden: bool,
) -> None:
    """Convert RUN to a TFLite file and measure it on the pictures that RUN never saw.

    A file that loses more than --limit is not written.
    """
    from rich.console import Console

    from convert.job import convert

    console = Console()
    result = convert(run, out, sheet, console, precision, data, limit, report, golden)
    for name, figures in (("float", result.floating), (precision, result.released)):
        console.print(f"held out, {name}: {figures}", highlight=False, soft_wrap=True)
    console.print(result.proof, highlight=False, soft_wrap=True)
    size = out.stat().st_size / 1e6
    console.print(
        f"written: {out} ({size:.2f} MB)  next: edge-run --model {out} --camera",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


@main.command("verify")
@click.argument("run", type=_FOLDER)
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--device-answers",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What edge-run --images DIR --json FILE wrote on a device.",
)
@click.option("--data", type=_FOLDER, metavar="DIR", help="Where RUN's pictures lie now.")
@click.option(
    "--limit",
    type=click.FloatRange(0, 1),
    default=0.01,
    show_default=True,
    help="Mean IoU that may be lost against float.",
)
@click.option(
    "--out", type=_FOLDER, metavar="DIR", help="Make this folder: page, figures, worst pictures."
)
@at_the_border
def verify_command(
    run: Path,
    model: Path,
    device_answers: Path | None,
    data: Path | None,
    limit: float,
    out: Path | None,
) -> None:
    """Hold MODEL, and a device's answers, against RUN's float model on its held-out pictures.

    The exit code is 1 where more than --limit is lost.
    """
    from rich.console import Console

    from convert.compare import FLOAT
    from convert.verify import verify

    console = Console()
    result = verify(run, model, console, device_answers, data, out, limit)
    for name in (FLOAT, *result.others):
        console.print(f"held out, {name}: {result.report(name)}", highlight=False, soft_wrap=True)
    for name in result.others:
        console.print(
            f"{name} less float: mean IoU {-(result.loss(name) or 0.0):+.4f}, the same class in "
            f"{result.agreement(name):.3f} of the pictures",
            highlight=False,
            soft_wrap=True,
        )
    if out is not None:
        page = out / "verify.html"
        console.print(f"written: {page}", highlight=False, markup=False, soft_wrap=True)
    refusal = result.refusal(limit)
    if refusal is not None:
        raise LocalizerError(refusal)


if __name__ == "__main__":
    main()
