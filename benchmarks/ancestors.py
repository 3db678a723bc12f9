"""``make bench-ancestors``: the published localizers on their own kind of data, and ours beside.

Each row is the commands that a user would type, in a process of their own; it is kept in
``ancestors.json`` and not measured again.
"""

from __future__ import annotations

import json
import resource
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from benchmarks.ledger import Ledger, Row
from benchmarks.real import fixed_test_list
from benchmarks.sizes import invoke_ms
from edge.card import read_card

HERE = Path(__file__).parent
KEY = ("data", "model")
_DIGITS = 10_000


@dataclass(frozen=True, slots=True)
class Contest:
    """One localizer on one kind of data."""

    data: str
    model: str
    options: str
    """Of ``edge-train fit``; {weights} and {classifier} are filled in."""
    start: str
    """What the training starts from, in words."""
    classifier: str | None = None
    """Options of the training of the classifier that it is made from, if it is."""


_SCRATCH = "scratch"
_SNACKS = (
    "--preset snacks --classifier {classifier} --epochs 30",
    "its own classifier, from scratch",
    "--heads class --weights none --epochs 20",
)
CONTESTS = (
    Contest(
        "mnist",
        "ours",
        "--weights {weights} --size 128 --epochs 10 --no-mirror --variety 0.2 --validation 0.05",
        "ImageNet",
    ),
    Contest("mnist", "mnist", "--preset mnist --epochs 40 --validation 0.05", _SCRATCH),
    Contest("produce", "ours", "--weights {weights}", "ImageNet"),
    Contest("produce", "conv5", "--preset conv5", _SCRATCH),
    Contest("produce", "snacks", *_SNACKS),
    Contest("pets", "ours", "--weights {weights}", "ImageNet"),
    Contest("pets", "conv5", "--preset conv5", _SCRATCH),
    Contest("pets", "snacks", *_SNACKS),
    Contest("pets", "selfie", "--preset selfie --weights none", _SCRATCH),
)


def said(command: str) -> str:
    """Run a command of this environment and give what it printed; its end is shown if it fails."""
    name, *arguments = shlex.split(command)
    print(f"$ {command}", flush=True)
    program = Path(sys.executable).with_name(name)
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-4000:], sep="\n", file=sys.stderr)
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return done.stdout


def prepared(data: Path, name: str, runs: Path) -> Path:
    """The folder of the pictures; digits are drawn from MNIST's own files."""
    if name != "mnist":
        return data / name
    digits = runs / "digits"
    if not digits.exists():
        idx = shlex.quote(str(data / "mnist"))
        said(f"edge-train synth mnist {digits} --count {_DIGITS} --idx {idx}")
    return digits


def measured(contest: Contest, data: Path, weights: str, runs: Path) -> Row:
    """Train, convert and measure; what an earlier attempt left is made anew."""
    pictures = prepared(data, contest.data, runs)
    held_out = runs / f"{contest.data}-held-out.txt"
    held_out.write_text("\n".join(fixed_test_list(pictures)) + "\n")
    folder = _fresh(runs / f"{contest.data}-{contest.model}")
    common = f"--objects first --held-out {held_out} --seed 0"
    wall, before = time.monotonic(), _cpu_seconds()
    classifier = folder / "classifier"
    if contest.classifier is not None:
        said(f"edge-train fit {pictures} --out {classifier} {common} {contest.classifier}")
    options = contest.options.format(weights=weights, classifier=classifier / "model.keras")
    said(f"edge-train fit {pictures} --out {folder / 'run'} {common} {options}")
    wall, cpu = time.monotonic() - wall, _cpu_seconds() - before
    model, gate = folder / "model.tflite", "passed"
    convert = f"edge-convert tflite {folder / 'run'} --out {model}"
    try:
        said(convert)
    except subprocess.CalledProcessError as refused:
        gate = f"refused: {refused.stderr.strip()}"
        said(f"{convert} --limit 1")
    card = read_card(model)
    return {
        "options": contest.options,
        "start": contest.start,
        "gate": gate,
        "float": card.quality["float"],
        "int8": card.quality["int8"],
        "classes": len(card.labels),
        "size": card.width,
        "megabytes": round(model.stat().st_size / 1e6, 2),
        "invoke_ms": round(float(np.median(invoke_ms(model, card.width))), 2),
        "epochs": json.loads((folder / "run" / "report.json").read_text())["epochs"],
        "seconds": round(wall, 1),
        "cpu_seconds": round(cpu, 1),
    }


def _fresh(folder: Path) -> Path:
    """An empty ``folder`` of this benchmark's own."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _cpu_seconds() -> float:
    """Processor time of all commands that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def table(rows: Sequence[Row]) -> list[str]:
    """The lines of the table, by data, the best first."""
    lines = [
        "| data | model | start | int8 mean IoU (float) | ≥ 0.5 | ≥ 0.75 | class | input | "
        "file MB | invoke ms | training s (CPU s) | epochs | gate |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in sorted(rows, key=lambda row: (row["data"], -row["int8"]["mean_iou"])):
        int8 = row["int8"]
        right = f"{int8['accuracy']:.3f}" if row["classes"] > 1 else "–"
        lines.append(
            f"| {row['data']} | {row['model']} | {row['start']} | {int8['mean_iou']:.3f} "
            f"({row['float']['mean_iou']:.3f}) | {int8['iou50']:.3f} | {int8['iou75']:.3f} | "
            f"{right} | {row['size']} | {row['megabytes']:.2f} | {row['invoke_ms']:.2f} | "
            f"{row['seconds']:.0f} ({row['cpu_seconds']:.0f}) | {row['epochs']} | "
            f"{row['gate'].split(':')[0]} |"
        )
    return lines


def machines(rows: Sequence[Row]) -> list[str]:
    """A line for each machine, with the rows that it measured: their times are not comparable."""
    by_machine: dict[str, list[str]] = {}
    for row in rows:
        by_machine.setdefault(row["machine"], []).append(f"{row['data']} {row['model']}")
    return [f"- {name}: {', '.join(by_machine[name])}." for name in sorted(by_machine)]


def write_table(path: Path, rows: Sequence[Row]) -> None:
    """Write the table with what it was measured on."""
    lines = [
        "# The published localizers",
        "",
        "Made by `python -m benchmarks.ancestors` from `ancestors.json`. Each on its own kind of "
        "data, ours on all; held out: 2,000 of 10,000 drawn digits, the fixed split of the photos. "
        "`scratch` started from nothing, because pretrained weights were at hand for ours only. "
        "Invoke: median of the int8 file, one thread. One seed. "
        "Times are of the machine that is named below.",
        "",
        *table(rows),
        "",
        *machines(rows),
    ]
    path.write_text("\n".join(lines) + "\n")


@click.command()
@click.option("--data", default="../shared/data", type=click.Path(path_type=Path, exists=True))
@click.option("--weights", required=True, help="MobileNetV2's for ours: a file, or imagenet.")
@click.option(
    "--runs", default="runs/ancestors", show_default=True, type=click.Path(path_type=Path)
)
@click.option("--only", multiple=True, help="Such as mnist:ours; may be given several times.")
def main(data: Path, weights: str, runs: Path, only: tuple[str, ...]) -> None:
    """Measure the rows that are missing, then write ANCESTORS.md from all of them."""
    ledger = Ledger(HERE / "ancestors.json", KEY)
    runs.mkdir(parents=True, exist_ok=True)
    for contest in CONTESTS:
        row = {"data": contest.data, "model": contest.model}
        if ledger.has(row) or (only and ":".join(row.values()) not in only):
            continue
        ledger.add(row | measured(contest, data, weights, runs))
    if ledger.rows:
        write_table(HERE / "ANCESTORS.md", ledger.rows)
        print("\n".join(table(ledger.rows)))


if __name__ == "__main__":
    main()
