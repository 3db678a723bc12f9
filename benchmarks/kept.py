"""The model files that ``benchmarks.accuracy`` kept, and the benchmarks that ask them for more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import click

from benchmarks.folds import FOLDS, examples_of, fold
from benchmarks.ledger import Ledger, Row
from benchmarks.results import write_results
from train.example import Example
from train.run_folder import digest
from train.split import Split

HERE = Path(__file__).parent
KEY = ("part", "data", "model", "fold", "seed")
_KEPT = Path("runs/accuracy")


class Question(NamedTuple):
    """What a benchmark may ask a kept file about."""

    model: Path
    examples: Sequence[Example]
    """Those of the row's part: the training of the file did not learn from them."""
    lists: Split
    """Of the file's fold."""
    data: Path
    """The folder of all sets."""


def kept_file(row: Row) -> Path:
    """Where the model file of a measured row lies, if it still does."""
    return _KEPT / f"{'-'.join(str(row[part]) for part in KEY)}.tflite"


def row_options(sets: str, models: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The options that choose rows, for a command that gives them to ``wanted_rows``."""
    option = partial(click.option, show_default=True)
    options = (
        option("--sets", default=sets),
        option("--models", default=models),
        option("--folds", default=",".join(map(str, range(FOLDS)))),
        option("--seeds", default="0"),
        option("--part", default="test", type=click.Choice(["test", "validation"])),
    )

    def with_options(command: Callable[..., None]) -> Callable[..., None]:
        for one in reversed(options):
            command = one(command)
        return command

    return with_options


def wanted_rows(part: str, sets: str, models: str, folds: str, seeds: str) -> Iterator[Row]:
    """The keys of rows, fold by fold; each parameter but the part is a list with commas."""
    numbers, names = map(int, folds.split(",")), sets.split(",")
    for number, name, model, seed in product(
        numbers, names, models.split(","), map(int, seeds.split(","))
    ):
        yield dict(zip(KEY, (part, name, model, number, seed), strict=True))


def asks_kept(name: str, ask: Callable[[Question], Row], sets: str, doc: str) -> click.Command:
    """A command that asks kept files and keeps each answer as a row of ``name``.json.

    sets: asked about unless others are named. doc: what the command says of itself.
    """

    @click.command(help=doc)
    @click.option("--data", default="../shared/data", type=click.Path(path_type=Path, exists=True))
    @row_options(sets, "ours")
    def main(data: Path, **chosen: Any) -> None:
        ledger = Ledger(HERE / f"{name}.json", KEY)
        for row in wanted_rows(**chosen):
            before, model = ledger.row(row), kept_file(row)
            # a file that was made anew since is asked anew
            if before is not None and not (model.is_file() and digest(model) != before.get("file")):
                continue
            if not model.is_file():
                print(f"{model} is not there; python -m benchmarks.accuracy makes it")
                continue
            lists = fold(examples_of(data / row["data"]), row["fold"])
            held_out = lists.held_out if row["part"] == "test" else lists.validation
            ledger.add(row | {"file": digest(model)} | ask(Question(model, held_out, lists, data)))
            print(f"{model}: asked")
        write_results(HERE)

    return main
