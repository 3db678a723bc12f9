"""What a closer look is worth: held-out pictures with one look and with two.

``python -m benchmarks.closer`` asks the model files that ``benchmarks.accuracy`` kept, each on the
pictures that its training held out; nothing is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from benchmarks.accuracy import HERE, KEY, by_picture, figures, kept_file
from benchmarks.emptiness import kept_rows
from benchmarks.folds import FOLDS, examples_of, fold
from benchmarks.ledger import Ledger, Row
from benchmarks.results import write_results
from edge.localizer import load_localizer
from train.example import Example
from train.report import answered


def looks(model: Path, examples: Sequence[Example]) -> Row:
    """Figures and pictures of the same file with one look, and with a closer one."""
    localizer, _ = load_localizer(model, threads=2)
    found: Row = {"areas": {e.name: round(e.box.area, 4) for e in examples if e.box is not None}}
    for name, closer in (("one", False), ("closer", True)):
        localizer.closer = closer
        pairs = answered(examples, localizer)
        found[name] = figures(pairs)
        found[f"{name}_pictures"] = by_picture(pairs)
    return found


@click.command()
@click.option("--data", default="../shared/data", type=click.Path(path_type=Path, exists=True))
@click.option("--sets", default="pets,produce", show_default=True)
@click.option("--models", default="ours", show_default=True)
@click.option("--folds", default=",".join(map(str, range(FOLDS))), show_default=True)
@click.option("--seeds", default="0", show_default=True)
@click.option("--part", default="test", type=click.Choice(["test", "validation"]))
def main(data: Path, sets: str, models: str, folds: str, seeds: str, part: str) -> None:
    """Measure the rows that are missing and whose files were kept, then write RESULTS.md."""
    ledger = Ledger(HERE / "closer.json", KEY)
    for row in kept_rows(sets, models, folds, seeds, part):
        if ledger.has(row):
            continue
        lists = fold(examples_of(data / row["data"]), row["fold"])
        found = looks(kept_file(row), lists.held_out if part == "test" else lists.validation)
        ledger.add(row | found)
        print(row, found["one"], found["closer"])
    write_results(HERE)


if __name__ == "__main__":
    main()
