"""Which backbone, width and input size fits a board: file size, speed and accuracy in one table.

Size and speed do not depend on what a network has learned, so they are measured on untrained ones.
Each finished row is kept in ``sizes.json``, so that a long run continues where it stopped.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import numpy as np
from rich.console import Console

from benchmarks.ledger import Ledger, Row
from edge.image import Image
from train.progress import say

HERE = Path(__file__).parent
KEY = ("what", "backbone", "alpha", "size")
ALPHAS = {"mobilenet_v2": (0.35, 0.5, 0.75, 1.0), "mobilenet": (0.25, 0.5, 0.75, 1.0)}
SIZES = (96, 160, 224, 288)
_CLASSES = 3  # as many as the pets have; more hardly change the file
_CALLS = 200


def choices() -> Iterator[Row]:
    """Every network of the table."""
    for backbone, alphas in ALPHAS.items():
        for alpha, size in itertools.product(alphas, SIZES):
            yield {"backbone": backbone, "alpha": alpha, "size": size}


def invoke_ms(model: Path, size: int, calls: int = _CALLS) -> list[float]:
    """Milliseconds of processor time of each inference with one thread, on noise.

    Of this thread alone, so that what else runs here does not count.
    """
    from edge.runtime import Network

    network = Network(model, threads=1)
    picture = np.random.default_rng(0).integers(0, 256, (size, size, 3), np.uint8)
    taken = []
    for _ in range(calls + 10):
        start = time.thread_time()
        network(picture)
        taken.append((time.thread_time() - start) * 1000)
    return taken[10:]


def speed(choice: Row) -> Row:
    """File size and inference time of an untrained network."""
    from convert.quantize import full_int8
    from edge.card import Card, with_card
    from train.network import build
    from train.quiet import start_keras

    size = choice["size"]
    start_keras(0)
    model = build(size, choice["alpha"], _CLASSES, "none", choice["backbone"])
    flatbuffer = full_int8(model, _noise(size, 4))
    labels = tuple(f"class {number}" for number in range(_CLASSES))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(with_card(flatbuffer, Card(size, size, labels)))
        taken = invoke_ms(path, size)
        megabytes = path.stat().st_size / 1e6
    low, middle = np.percentile(taken, [5, 50])
    return {
        "megabytes": round(megabytes, 2),
        "invoke_ms": round(float(middle), 2),
        "invoke_ms_p5": round(float(low), 2),
    }


def _noise(size: int, count: int) -> list[Image]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (size, size, 3), np.uint8) for _ in range(count)]


def accuracy(choice: Row, data: Path, weights: Path | None, console: Console) -> Row:
    """Mean IoU of the int8 file on the fixed split, with one look and with a closer one.

    Pretrained where ``weights`` fit. What the folds have measured already is taken from there.
    """
    from benchmarks.accuracy import entry_of, measured
    from benchmarks.closer import looks
    from benchmarks.folds import FOLDS, examples_of, fold
    from train.example import labels_of
    from train.fit import train_on
    from train.progress import Progress
    from train.settings import Settings

    last = FOLDS - 1  # the fixed split
    fits = choice["backbone"] == "mobilenet_v2" and choice["alpha"] == 1.0
    start = str(weights) if weights is not None and fits else "none"
    told = {"data": data.name, "start": "pretrained" if start != "none" else "scratch", "seed": 0}
    if start != "none" and choice["size"] == 224:
        known, seen = (of_fold(HERE / name, data.name, last) for name in _LEDGERS)
        if known is not None and seen is not None:
            return told | figures(known, seen)
    examples = examples_of(data)
    lists = fold(examples, last)
    settings = Settings(
        weights=start,
        size=choice["size"],
        alpha=choice["alpha"],
        held_out="",
        validation=0.0,
        backbone=choice["backbone"],
    )
    with Progress(console) as bars:
        trained = train_on(lists, labels_of(examples), settings, bars)
    # without a dot, so that a suffix can be added
    name = f"{choice['backbone']}-{100 * choice['alpha']:.0f}-{choice['size']}.tflite"
    kept = Path("runs/sizes") / name
    row = measured(entry_of(trained, lists, settings.seed), lists.train, lists.held_out, kept)
    return told | figures(row, looks(kept, lists.held_out))


_LEDGERS = ("accuracy.json", "closer.json")


def of_fold(ledger: Path, data: str, fold: int) -> Row | None:
    """The row of our defaults on a fold's test pictures; None where there is none."""
    same = {"part": "test", "data": data, "model": "ours", "fold": fold, "seed": 0}
    return Ledger(ledger, tuple(same)).row(same)


def figures(row: Row, looked: Row) -> Row:
    """What the table shows of a row of ``benchmarks.accuracy`` and one of ``benchmarks.closer``."""
    return {
        "mean_iou": row["int8"]["mean_iou"],
        "iou75": row["int8"]["iou75"],
        "float_mean_iou": row["float"]["mean_iou"],
        "closer_mean_iou": looked["closer"]["mean_iou"],
        "seconds": row["seconds"],
    }


def table(rows: Sequence[Row]) -> list[str]:
    """The lines of the table, the fastest first; what was not measured is a dash."""
    found = {tuple(row[name] for name in KEY): row for row in rows}
    lines = [
        "| backbone | α | size | file MB | invoke ms (5th pct) | mean IoU, int8 | ≥ 0.75 "
        "| closer | start |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    fast = [row for row in rows if row["what"] == "speed"]
    for row in sorted(fast, key=lambda row: row["invoke_ms"]):
        learned = found.get(("accuracy", *(row[name] for name in KEY[1:])), {})
        shown = ("mean_iou", "iou75", "closer_mean_iou")
        told = " | ".join(f"{learned[name]:.3f}" if learned else "–" for name in shown)
        lines.append(
            f"| {row['backbone']} | {row['alpha']:g} | {row['size']} | {row['megabytes']:.2f} | "
            f"{row['invoke_ms']:.2f} ({row['invoke_ms_p5']:.2f}) | {told} | "
            f"{learned.get('start', '–')} |"
        )
    return lines


def write_sizes(path: Path, rows: Sequence[Row]) -> None:
    """Write the table with what it was measured on."""
    lines = [
        "# Which network for which board",
        "",
        "Made by `python -m benchmarks.sizes` from `sizes.json`. Invoke: median processor time of "
        f"{_CALLS} inferences of the int8 file, one thread, on the x86 machine below and not on a "
        "board. IoU: the fixed split of the pets, one seed; closer: with `edge-run --closer`, two "
        "inferences; `scratch` started from nothing, because pretrained weights were at hand for "
        "MobileNetV2 α 1.0 only: 207 pictures then teach next to nothing, and most boxes are "
        "withheld. These rows are from before the backbone's rate was doubled (`tried.md`).",
        "",
        *table(rows),
        "",
        *(f"Machine: {machine}." for machine in sorted({row["machine"] for row in rows})),
    ]
    path.write_text("\n".join(lines) + "\n")


@click.command()
@click.option("--iou", is_flag=True, help="Train as well; hours.")
@click.option("--data", default="../shared/data", type=click.Path(path_type=Path))
@click.option("--weights", type=click.Path(path_type=Path, exists=True), help="Of MobileNetV2 1.0.")
@click.option(
    "--only", multiple=True, help="Such as mobilenet:0.25:96; may be given several times."
)
def main(iou: bool, data: Path, weights: Path | None, only: tuple[str, ...]) -> None:
    """Measure the rows that are missing, then write SIZES.md from all of them."""
    ledger = Ledger(HERE / "sizes.json", KEY)
    console = Console()
    for what, choice in itertools.product(("speed", "accuracy") if iou else ("speed",), choices()):
        row = {"what": what} | choice
        name = "{backbone}:{alpha:g}:{size}".format(**choice)
        if ledger.has(row) or (only and name not in only):
            continue
        say(console, f"{what} of {name}")
        if what == "speed":
            ledger.add(row | speed(choice))
        else:
            ledger.add(row | accuracy(choice, data / "pets", weights, console))
    write_sizes(HERE / "SIZES.md", ledger.rows)
    print("\n".join(table(ledger.rows)))


if __name__ == "__main__":
    main()
