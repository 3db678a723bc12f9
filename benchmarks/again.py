"""Kept networks converted once more and measured anew: what a change of the conversion does.

``python -m benchmarks.again`` takes the networks that ``benchmarks.accuracy`` kept, so that nobody
trains for an hour to see it. What their rows tell of the training stays, and under ``trained``
stand the commit, versions, machine and date of that. Ours alone: peers are converted plainly.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from benchmarks.accuracy import lists_of, measured
from benchmarks.kept import HERE, KEY, kept_file, row_options, wanted_rows
from benchmarks.ledger import Ledger, Row
from benchmarks.peers.training import Entry
from benchmarks.results import write_results
from convert.int8 import Lessons
from edge.localizer import load_localizer
from train.fit import calibrated_card, recipe_of
from train.floating import load_model
from train.progress import say
from train.quiet import start_keras
from train.settings import Settings

_OF_TRAINING = ("commit", "versions", "machine", "date")


def again(row: Row, data: Path) -> Row:
    """The measured ``row`` of ours with the figures of today's conversion; data: its set."""
    start_keras(row["seed"])
    lists, path = lists_of(row, data), kept_file(row)
    model = load_model(path.with_suffix(".keras"))
    made = load_localizer(path)[0].card
    settings = Settings(weights="", size=made.width, seed=row["seed"])
    card, _ = calibrated_card(model, made.labels, lists.validation, settings)
    lessons = Lessons(
        lists.train, lists.validation, recipe_of(settings), row["seed"], settings.false_alarms
    )
    entry = Entry(model, card, 0, row["seconds"], lessons)
    told = measured(entry, lists.train, lists.held_out, path)
    trained = row.get("trained", {name: row[name] for name in _OF_TRAINING})
    kept = {name: row[name] for name in ("seconds", "images_per_second")}
    return row | told | kept | {"trained": trained}


@click.command()
@click.option("--data", default="../shared/data", type=click.Path(path_type=Path, exists=True))
@row_options("pets,produce", "ours")
def main(data: Path, models: str, **chosen: Any) -> None:
    """Measure the rows of kept networks anew by today's conversion, then write RESULTS.md."""
    if models != "ours":
        raise click.BadParameter(
            f"asks networks of ours alone, not {models}", param_hint="--models"
        )
    ledger, console = Ledger(HERE / "accuracy.json", KEY), Console()
    for wanted in wanted_rows(models=models, **chosen):
        row, path = ledger.row(wanted), kept_file(wanted)
        if row is None or not path.with_suffix(".keras").is_file():
            say(console, f"{path} or its row is not there; python -m benchmarks.accuracy makes it")
            continue
        found = again(row, data / row["data"])
        ledger.add(found)
        for kind in ("float", "int8"):
            before, now = (one[kind]["mean_iou"] for one in (row, found))
            say(console, f"{path.stem}: {kind} {now:.4f}, before {before:.4f}")
    write_results(HERE)


if __name__ == "__main__":
    main()
