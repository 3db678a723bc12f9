"""The circle: what a device collected, corrected and trained with, against random pictures.

``python -m benchmarks.circle`` trains on half of the pictures; a device with that model sees the
other half and collects; what it kept gets its truth as a person would give it; and it trains again,
and once more with as many random pictures of the other half. All three are measured by their int8
files on the same held-out pictures. Finished rows of ``circle.json`` are not measured again.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
from rich.console import Console

from benchmarks.accuracy import entry_of, measured
from benchmarks.folds import examples_of, fold
from benchmarks.kept import HERE
from benchmarks.ledger import Ledger, Row
from benchmarks.results import lead, pictures
from edge.image import read_image
from edge.localizer import Localizer, load_localizer
from edge.observation import Frame, Observation
from edge.sinks.collect import Collected, Limits
from train.also import read_also
from train.example import Example, labels_of
from train.fit import train_on
from train.label.album import Album
from train.progress import Progress, say
from train.readers.settle import Thing
from train.settings import Settings
from train.split import Split

KEPT = Path("runs/circle")
KEY = ("arm", "data", "share", "seed")
ARMS = ("before", "collected", "random")
_FOLD = 4  # the fixed split


def halves(lists: Split, seed: int) -> tuple[Split, list[Example]]:
    """``lists`` with half of what trains, and the other half."""
    order = np.random.RandomState(seed).permutation(len(lists.train))
    cut = len(order) // 2
    return (
        replace(lists, train=[lists.train[at] for at in order[:cut]]),
        [lists.train[at] for at in order[cut:]],
    )


def collect(
    pool: Sequence[Example], localizer: Localizer, folder: Path, keep: int
) -> dict[Path, Example]:
    """What ``edge-run --images --collect`` keeps of ``pool``, and what each picture was."""
    sink = Collected(folder, Limits(keep=keep, megabytes=1e6))
    whose: dict[Path, Example] = {}
    for index, example in enumerate(pool):
        frame = Frame(read_image(example.path), index, float(index), str(example.path))
        sink.write(Observation(frame, localizer(frame.pixels), float(index)))
        for path in folder.glob("*.jpg"):
            whose.setdefault(path, example)
    return {path: example for path, example in whose.items() if path.exists()}


def correct(folder: Path, whose: dict[Path, Example]) -> None:
    """Say the truth of every picture in ``folder``, by the way that the label page does."""
    album = Album(folder)
    for number, path in enumerate(album.paths):
        truth = whose[path]
        thing = Thing(truth.label, truth.box) if truth.label is not None else None
        album.write(number, album.read(number)[1], thing)


def more_of(row: Row, pool: Sequence[Example], lists: Split) -> list[Example]:
    """What a row trains with besides its half; needs the model of ``before``."""
    keep = round(row["share"] * len(pool))
    if row["arm"] == "before":
        return []
    whose = collected(row, pool, keep)
    if row["arm"] == "collected":
        return list(read_also([folder_of(row)], lists, "first").examples)
    order = np.random.RandomState(row["seed"] + 1).permutation(len(pool))
    return [pool[at] for at in order[: len(whose)]]


def collected(row: Row, pool: Sequence[Example], keep: int) -> dict[Path, Example]:
    """The corrected pictures of a row's device, made anew."""
    folder = folder_of(row)
    if folder.exists():
        shutil.rmtree(folder)
    localizer, _ = load_localizer(file_of(row | {"arm": "before"}), threads=2)
    whose = collect(pool, localizer, folder, keep)
    correct(folder, whose)
    return whose


def folder_of(row: Row) -> Path:
    """Where a row's device collects."""
    return KEPT / f"{row['data']}-{row['share']}-{row['seed']}"


def file_of(row: Row) -> Path:
    """The model file of a row."""
    return KEPT / f"{row['arm']}-{row['data']}-{row['share']}-{row['seed']}.tflite"


def measure(row: Row, data: Path, settings: Settings, console: Console) -> Row:
    """Train a row's arm and measure it on what the fixed split holds out."""
    examples = examples_of(data)
    half, pool = halves(fold(examples, _FOLD), row["seed"])
    more = more_of(row, pool, half)
    lists = replace(half, train=[*half.train, *more])
    with Progress(console) as bars:
        trained = train_on(lists, labels_of(examples), settings, bars)
    found = measured(
        entry_of(trained, lists, row["seed"]), lists.train, lists.held_out, file_of(row)
    )
    return row | found | {"trained_on": len(lists.train), "more": len(more)}


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown: figures of the int8 files on the held-out pictures."""
    lines = [
        "| trained on | pictures | seed | mean IoU | ≥ 0.5 | class |",
        "|---|---|---|---|---|---|",
    ]
    names = {"before": "half", "collected": "half, and collected", "random": "half, and random"}
    for row in sorted(rows, key=lambda one: (one["data"], one["seed"], ARMS.index(one["arm"]))):
        told = row["int8"]
        lines.append(
            f"| {row['data']}: {names[row['arm']]} | {row['trained_on']} | {row['seed']} "
            f"| {told['mean_iou']:.3f} | {told['iou50']:.3f} | {told['accuracy']:.3f} |"
        )
    for data in sorted({row["data"] for row in rows}):
        seen = {
            arm: pictures(r for r in rows if (r["data"], r["arm"]) == (data, arm)) for arm in ARMS
        }
        for other in ("before", "random"):
            if seen["collected"] and seen[other]:
                apart, low, high = lead(seen["collected"], seen[other])
                lines += [
                    "",
                    f"{data}: {names['collected']}, is {apart:+.3f} [{low:+.3f}, {high:+.3f}] "
                    f"from {names[other]}.",
                ]
    return "\n".join(lines)


@click.command()
@click.option("--data", default="../shared/data", type=click.Path(path_type=Path, exists=True))
@click.option("--weights", required=True, help="A file of ImageNet weights, imagenet, or none.")
@click.option("--sets", default="pets", show_default=True)
@click.option("--share", default=0.25, show_default=True, help="Of the other half, that is kept.")
@click.option("--seeds", default="0", show_default=True)
@click.option("--size", default=224, show_default=True)
@click.option("--alpha", default=1.0, show_default=True)
@click.option("--epochs", type=int, help="As of edge-train fit.")
@click.option(
    "--rows", default=HERE / "circle.json", type=click.Path(path_type=Path), help="The ledger."
)
def main(
    data: Path,
    weights: str,
    sets: str,
    share: float,
    seeds: str,
    size: int,
    alpha: float,
    epochs: int | None,
    rows: Path,
) -> None:
    """Measure the rows that are missing, and print the table of all."""
    ledger, console = Ledger(rows, KEY), Console()
    for name in sets.split(","):
        for seed in map(int, seeds.split(",")):
            settings = Settings(
                weights=weights,
                size=size,
                alpha=alpha,
                epochs=epochs,
                seed=seed,
                held_out="",
                validation=0.0,
            )
            for arm in ARMS:
                row = dict(zip(KEY, (arm, name, share, seed), strict=True))
                if ledger.has(row):
                    continue
                if arm != "before" and not file_of(row | {"arm": "before"}).exists():
                    say(console, f"{file_of(row | {'arm': 'before'})} is gone; measured again")
                    measure(row | {"arm": "before"}, data / name, settings, console)
                say(console, f"{name}, {arm}, seed {seed}")
                ledger.add(measure(row, data / name, settings, console))
    print(table(ledger.rows))


if __name__ == "__main__":
    main()
