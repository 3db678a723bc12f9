"""The long life of the whole program: ``python -m benchmarks.soak`` watches an edge-run.

The fake camera gives the most frames that a camera may, to a model of 32 pixels; snapshots,
collected frames, figures and JSON lines are on. Memory, open files and threads of the process are
looked at all the while, and at the end the files that it left.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from benchmarks.faults import tiny_model
from benchmarks.ledger import machine
from edge.bench.figures import soaked
from edge.bench.measure import Weighed, weighed

KEEP = 40
"""Snapshots, and collected frames, at most."""
_RATE = 240  # frames per second


def command(model: Path, folder: Path, frames: int) -> list[str]:
    """An edge-run whose files all go to ``folder``."""
    options: dict[str, object] = {
        "camera": "fake:leaves", "size": "64x48", "fps": _RATE, "model": model, "threads": 1,
        "max-frames": frames, "metrics": 0, "snapshots": folder / "snapshots",
        "snapshots-keep": KEEP, "collect": folder / "collected", "collect-keep": KEEP,
        "collect-seconds": 0, "json": "-",
    }  # fmt: skip
    words = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "edge", *words]


def watched(arguments: list[str], each: int, folder: Path) -> tuple[list[Weighed], int]:
    """What the process holds, looked at each so many answers; and the number of answers.

    It runs in ``folder``, so that what it would write beside its files were found there.
    """
    here = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    running = subprocess.Popen(arguments, stdout=subprocess.PIPE, cwd=folder, env=here)
    assert running.stdout is not None
    seen: list[Weighed] = []
    count = 0
    for count, _ in enumerate(running.stdout, 1):
        if count % each == 0:
            # Stopped, so that no thread is just coming or going.
            os.kill(running.pid, signal.SIGSTOP)
            seen.append(weighed(count, running.pid))
            os.kill(running.pid, signal.SIGCONT)
    if running.wait():
        raise click.ClickException(f"edge-run ended with {running.returncode}")
    return seen, count


def left(folder: Path) -> Iterator[str]:
    """What is in ``folder`` and was not asked for, or is more than was allowed."""
    for path in sorted(folder.iterdir()):
        if path.name not in ("snapshots", "collected"):
            yield f"{path.name} was not asked for"
            continue
        pictures = len(list(path.glob("*.jpg")))
        if not 0 < pictures <= KEEP:
            yield f"{path.name} has {pictures} pictures, of {KEEP} at most"


@click.command()
@click.option("--frames", default=500_000, show_default=True)
def main(frames: int) -> None:
    """Print what the program held at the beginning and the end, and what it left."""
    model = tiny_model()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        seen, count = watched(command(model, folder, frames), max(1, frames // 500), folder)
        wrong = list(left(folder))
    warm = seen[len(seen) // 10 :]  # the first tenth fills rings and pools
    found: dict[str, Any] = {"frames": count, **soaked(warm), "left": wrong, "machine": machine()}
    click.echo(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
