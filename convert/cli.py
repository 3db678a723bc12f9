"""``edge-convert``: a trained run in, a file for the device out."""

from __future__ import annotations

import sys
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


@main.command("check")
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--target",
    "targets",
    multiple=True,
    required=True,
    type=click.Choice(["bookworm", "trixie", "tflite-runtime-2.14", "edgetpu", "rpicam-apps"]),
    help="Where the file is to go; may be given several times.",
)
@at_the_border
def check_command(model: Path, targets: tuple[str, ...]) -> None:
    """Say from the file alone whether MODEL will load on a target; exit code 1 where not."""
    from convert.check import check

    lines, good = check(model, targets)
    for line in lines:
        click.echo(line)
    if not good:
        sys.exit(1)


@main.command("edgetpu")
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE.tflite",
    help="The file to make.  [default: MODEL with _edgetpu before its ending]",
)
@at_the_border
def edgetpu_command(model: Path, out: Path | None) -> None:
    """Compile MODEL, an int8 file, for the Edge TPU with Coral's edgetpu_compiler."""
    from convert.edgetpu import compile_for_edge_tpu

    made = compile_for_edge_tpu(model, out or model.with_name(f"{model.stem}_edgetpu.tflite"))
    left = ", ".join(f"{name}: {why}" for name, why in made.report.on_the_cpu.items())
    click.echo(
        f"edgetpu_compiler {made.report.version}: {made.report.mapped} operations on the Edge TPU, "
        f"on the CPU {left or 'none'}, parameters streamed {made.report.streamed}"
    )
    click.echo(
        f"written: {made.out}  wants Edge TPU runtime {made.minimal_runtime}  "
        f"log: {made.log}  int8 twin: {made.twin}"
    )


@main.command("onnx")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE.onnx",
    help="The file to make.",
)
@at_the_border
def onnx_command(run: Path, out: Path) -> None:
    """Export RUN's float model to ONNX: the box decoded as loc, the classes as cls."""
    from rich.console import Console

    from convert.onnx_file import export_onnx

    checked = export_onnx(run, out, Console())
    click.echo(
        f"checked with onnxruntime on {checked.pictures} pictures: edges within "
        f"{checked.farthest:.1e}, classes within {checked.farthest_share:.1e} of the Keras model"
    )
    click.echo(f"written: {out} ({out.stat().st_size / 1e6:.2f} MB)")


if __name__ == "__main__":
    main()
