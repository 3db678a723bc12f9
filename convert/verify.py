"""The gate: a file is as good as the float model on held-out pictures, or it is refused."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from convert.compare import DEVICE, FLOAT, Comparison, compared
from convert.device_answers import read_device_answers
from convert.limit import LIMIT
from convert.report_page import write_report
from edge.card import Card, read_card
from edge.errors import LocalizerError
from edge.golden.replay import replay_golden
from edge.localizer import load_localizer
from train.floating import float_localizer, load_model
from train.progress import Progress, say
from train.quiet import start_keras
from train.report import answered
from train.run_folder import Run, digest, load_run, refuse_existing


def verify(
    run_folder: Path,
    model: Path,
    console: Console,
    device_answers: Path | None = None,
    data: Path | None = None,
    out: Path | None = None,
    limit: float = LIMIT,
) -> Comparison:
    """Compare the run's float model, ``model`` and a device on the run's held-out pictures.

    device_answers: the JSON lines that edge-run wrote on the device for those pictures.
    data: the folder of the pictures where they moved. out: the folder to make for the report.
    Gives the comparison whether it passes or not; raises LocalizerError where none can be made.
    """
    if out is not None:
        refuse_existing(out)
    run = load_run(run_folder, data)
    card = read_card(model)
    _belongs(run, card, model)
    held_out = run.examples("held_out")
    if not any(example.box for example in held_out):
        raise LocalizerError(
            f"{run_folder} held out no picture with an object, so nothing can be measured; "
            "train with --held-out 0.2"
        )
    told = read_device_answers(device_answers, held_out) if device_answers is not None else None
    localizer, runtime = load_localizer(model, threads=2)
    say(console, f"{model}: {runtime}")
    say(console, replay_golden(model, localizer))
    name = str(card.made.get("precision", "int8"))
    with Progress(console) as progress:
        start_keras(0)
        floating = float_localizer(load_model(run.model), card)
        answers = {
            FLOAT: answered(held_out, floating, progress.over(FLOAT)),
            name: answered(held_out, localizer, progress.over(name)),
        }
    if told is not None:
        answers[DEVICE] = told
    comparison = compared(**answers)
    if out is not None:
        write_report(out, comparison, limit, f"{model.name} against {run_folder.name}")
    return comparison


def _belongs(run: Run, card: Card, model: Path) -> None:
    """Raise LocalizerError where ``model`` was made from another training."""
    weights = card.made.get("weights_sha256")
    alike = all(getattr(card, n) == getattr(run.card, n) for n in ("labels", "width", "decode"))
    if not alike or (weights is not None and weights != digest(run.model)):
        raise LocalizerError(
            f"{model} was not converted from {run.model} (its card names other labels, another "
            "size, another decoding or the hash of other weights); name the run that it was made "
            "from"
        )
