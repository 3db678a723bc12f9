"""``edge-train``'s commands that look at what a model does."""

from __future__ import annotations

from pathlib import Path

import click

from train.border import at_the_border, format_option, objects_option

_PATH = click.Path(path_type=Path)
_closer_option = click.option(
    "--closer",
    is_flag=True,
    help="As edge-run --closer: look a second time, at the part around the box.",
)


@click.command("predict")
@click.argument("model", type=_PATH)
@click.argument("pictures", type=_PATH, nargs=-1, required=True)
@click.option("--out", type=_PATH, required=True, metavar="DIR", help="The folder to make.")
@_closer_option
@at_the_border
def predict_command(model: Path, pictures: tuple[Path, ...], out: Path, closer: bool) -> None:
    """Draw what MODEL sees in PICTURES: box, label, confidence.

    MODEL is a RUN of edge-train fit, a .keras, a .tflite or an .onnx; PICTURES are folders and
    files. DIR gets pictures/, predictions.json and predictions.csv.
    """
    from rich.console import Console

    from train.models import open_model
    from train.predict import pictures_of, predict
    from train.progress import Progress, say
    from train.run_folder import refuse_existing

    refuse_existing(out)
    pictures_of(pictures)  # told before a model is loaded
    opened = open_model(model, closer)
    console = Console()
    with Progress(console) as progress:
        made = predict(opened, pictures, out, progress.over("looking"))
    for fault in made.refused:
        say(console, f"refused {fault}")
    found = sum(one.answer.found is not None for one in made.predictions)
    click.echo(
        f"{found} boxes in {len(made.predictions)} pictures, {len(made.refused)} refused: {out}"
    )


@click.command("evaluate")
@click.argument("model", type=_PATH)
@click.argument("data", type=_PATH)
@format_option
@objects_option
@click.option(
    "--unseen-by",
    type=_PATH,
    metavar="RUN",
    help="Leave out the pictures that RUN was trained with.",
)
@click.option(
    "--out", type=_PATH, metavar="DIR", help="The folder to make: evaluation.json and a page."
)
@_closer_option
@at_the_border
def evaluate_command(
    model: Path,
    data: Path,
    data_format: str | None,
    objects: str,
    unseen_by: Path | None,
    out: Path | None,
    closer: bool,
) -> None:
    """Measure MODEL on the labelled pictures in DATA, and on each class of them.

    MODEL is a RUN of edge-train fit, a .keras, a .tflite or an .onnx; DATA is what edge-train fit
    takes. All of DATA counts, unless --unseen-by leaves something out.
    """
    from rich.console import Console

    from train.evaluate import evaluate, table_of
    from train.models import open_model
    from train.progress import say
    from train.run_folder import load_run, refuse_existing

    if out is not None:
        refuse_existing(out)
    run = load_run(unseen_by) if unseen_by is not None else None
    opened, console = open_model(model, closer), Console()
    result = evaluate(opened, data, console, data_format, objects, run, out)  # type: ignore[arg-type]
    if result.left_out:
        say(console, f"left out: {result.left_out} pictures")
    say(console, f"{model}: {result.report}")
    console.print(table_of(result.classes))
    if out is not None:
        say(console, f"written: {out}")
