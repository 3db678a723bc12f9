"""``edge-convert``: a trained run in, a file for the device out."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from convert.limit import limit_option
from edge.errors import LocalizerError
from train.border import at_the_border

_FOLDER = click.Path(path_type=Path)


@click.group()
@click.version_option(package_name="edge-localizer")
def main() -> None:
    """Turn a trained run into a file for the device."""
    # the converter is TensorFlow's, whatever Keras trained with
    os.environ["KERAS_BACKEND"] = "tensorflow"


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
@limit_option
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
    from train.progress import say

    console = Console()
    result = convert(run, out, sheet, console, precision, data, limit, report, golden)
    for name, figures in (("float", result.floating), (precision, result.released)):
        say(console, f"held out, {name}: {figures}")
    say(console, result.proof)
    size = out.stat().st_size / 1e6
    say(console, f"written: {out} ({size:.2f} MB)  next: edge-run --model {out} --camera")


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
@click.option("--data", type=_FOLDER, metavar="DIR", help="Where RUN's pictures lie now.")
@at_the_border
def onnx_command(run: Path, out: Path, data: Path | None) -> None:
    """Export RUN's float model to ONNX: the box decoded as loc, the classes as cls."""
    from rich.console import Console

    from convert.onnx_file import export_onnx

    checked = export_onnx(run, out, Console(), data)
    click.echo(
        f"checked with onnxruntime on {checked.pictures} pictures: edges within "
        f"{checked.farthest:.1e}, classes within {checked.farthest_share:.1e} of the Keras model"
    )
    click.echo(f"written: {out} ({out.stat().st_size / 1e6:.2f} MB)")


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
@limit_option
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
    from train.progress import say

    console = Console()
    result = verify(run, model, console, device_answers, data, out, limit)
    for name in (FLOAT, *result.others):
        say(console, f"held out, {name}: {result.report(name)}")
    for name in result.others:
        say(
            console,
            f"{name} less float: mean IoU {-(result.loss(name) or 0.0):+.4f}, the same class in "
            f"{result.agreement(name):.3f} of the pictures",
        )
    if out is not None:
        say(console, f"written: {out / 'verify.html'}")
    refusal = result.refusal(limit)
    if refusal is not None:
        raise LocalizerError(refusal)
