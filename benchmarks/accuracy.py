"""``make bench-accuracy``: five folds on real pictures, every figure through the int8 file.

Each finished fold is a row of ``accuracy.json``; rows that are there are not measured again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console

from benchmarks.folds import examples_of, fold
from benchmarks.kept import HERE, KEY, kept_file, row_options, wanted_rows
from benchmarks.ledger import Ledger, Row
from benchmarks.peers import full_kernel, gap_eiou, gap_mse, mean_box, two_branch
from benchmarks.peers.training import Entry
from benchmarks.results import write_results
from convert.int8 import Lessons, tuned_int8
from convert.quantize import full_int8
from convert.threshold import own_threshold
from edge.card import with_card
from edge.localizer import load_localizer
from train.example import Example, labels_of
from train.fit import Trained, train_on
from train.floating import float_localizer
from train.photos import prepared
from train.progress import Progress, say
from train.report import Answered, answered, overlap, report
from train.settings import Settings
from train.split import Split


def ours(lists: Split, labels: Sequence[str], seed: int, weights: str, bars: Progress) -> Entry:
    """The project's own recipe, at its defaults."""
    settings = Settings(weights=weights, seed=seed, held_out="", validation=0.0)
    return entry_of(train_on(lists, labels, settings, bars), lists, seed)


def entry_of(trained: Trained, lists: Split, seed: int) -> Entry:
    """What ``measured`` takes, of a training on ``lists``."""
    looked = len(trained.history.rows) * len(lists.train)
    allowed = trained.presence.false_alarms
    lessons = Lessons(lists.train, lists.validation, trained.recipe, seed, allowed)
    return Entry(trained.model, trained.card, looked, trained.seconds, lessons)


MODELS: dict[str, Callable[..., Entry]] = {
    "ours": ours,
    "mean-box": mean_box.train,
    "gap-mse-frozen": gap_mse.train,
    "two-branch": two_branch.train,
    "lars76-96": full_kernel.train,
    "lars76-224": full_kernel.train_224,
    "gap-eiou-all": gap_eiou.train,
}


def figures(pairs: Sequence[Answered]) -> Row:
    """A report's figures and two of the distribution's own."""
    ious = np.array([overlap(e, a) for e, a in pairs if e.box is not None])
    return report(pairs).to_json() | {
        "iou90": round(float((ious >= 0.9).mean()), 4),
        "p10": round(float(np.percentile(ious, 10)), 4),
    }


def by_picture(pairs: Sequence[Answered]) -> dict[str, list[float]]:
    """Each picture's overlap, and 1 where its class is right."""
    return {
        e.name: [
            round(overlap(e, a), 4),
            float(a.found is not None and a.found.label == e.label),
        ]
        for e, a in pairs
    }


def measured(
    entry: Entry, calibrate: Sequence[Example], test: Sequence[Example], path: Path
) -> Row:
    """Float and int8 answers on ``test`` by the device's localizer.

    Ours is converted as ``edge-convert`` does it, fine-tuned where that pays; the others plainly.
    path: the model file to write, left for the benchmarks that ask more of the same models.
    """
    floats = answered(test, float_localizer(entry.model, entry.card))
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures = prepared(list(calibrate)[:200], entry.card.width)
    if entry.lessons is None:
        flatbuffer, repair = full_int8(entry.model, pictures), ""
    else:
        with Progress(Console()) as bars:
            flatbuffer, repair = tuned_int8(entry.model, entry.card, pictures, entry.lessons, bars)
    path.write_bytes(with_card(flatbuffer, entry.card))
    locate, _ = load_localizer(path, threads=2)
    presence = own_threshold(locate, entry.lessons) if entry.lessons is not None else None
    if presence is not None:
        card = replace(entry.card, presence_threshold=presence.threshold)
        path.write_bytes(with_card(flatbuffer, card))
        locate, _ = load_localizer(path, threads=2)
    int8 = answered(test, locate)
    return {
        "repair": repair,
        "float": figures(floats),
        "int8": figures(int8),
        "pictures": by_picture(int8),
        "seconds": round(entry.seconds, 1),
        "images_per_second": round(entry.looked / entry.seconds, 1),
        "megabytes": round(path.stat().st_size / 1e6, 2),
    }


def lists_of(row: Row, data: Path) -> Split:
    """What a row's training learns from, and what it is measured on; data: the row's own set."""
    lists = fold(examples_of(data), row["fold"])
    if row["part"] == "validation":
        # what is chosen by: the test fold is not looked at, and nothing stops the training
        return Split(lists.train, [], lists.validation)
    return lists


def measure(row: Row, data: Path, weights: str, console: Console) -> Row:
    """Train the row's model on its fold and measure it on the part that the row names."""
    lists = lists_of(row, data)
    labels = labels_of([*lists.train, *lists.validation, *lists.held_out])
    start = time.process_time()
    with Progress(console) as bars:
        entry = MODELS[row["model"]](lists, labels, row["seed"], weights, bars)
    cpu = round(time.process_time() - start, 1)
    path = kept_file(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    entry.model.save(path.with_suffix(".keras"))
    found = measured(entry, lists.train, lists.held_out, path)
    return row | found | {"cpu_seconds": cpu}


@click.command()
@click.option("--data", default="../shared/data", type=click.Path(path_type=Path, exists=True))
@click.option("--weights", required=True, help="A file of ImageNet weights, or imagenet.")
@row_options("pets,produce", ",".join(MODELS))
def main(data: Path, weights: str, **chosen: Any) -> None:
    """Measure the rows that are missing, then write RESULTS.md from all of them."""
    ledger = Ledger(HERE / "accuracy.json", KEY)
    console = Console()
    for row in wanted_rows(**chosen):
        if ledger.has(row):
            continue
        say(console, f"{row['data']}, {row['model']}, fold {row['fold']}, seed {row['seed']}")
        found = measure(row, data / row["data"], weights, console)
        ledger.add(found)
        console.print(found["int8"])
    write_results(HERE)


if __name__ == "__main__":
    main()
