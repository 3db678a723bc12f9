"""``make bench-check``: how fast ``edge-train check`` reads a large set, and in how much memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import click
import cv2
import numpy as np

from edge.box import Box
from train.readers.settle import Thing, in_order
from train.scenes import background
from train.writers.voc import voc

WIDTH, HEIGHT = 500, 375  # of most pictures in Pascal VOC
_QUALITY = 96  # about 100 kB, as Pascal VOC has
_GROUNDS = 64


def write_set(folder: Path, count: int) -> int:
    """Fill ``folder`` with ``count`` different pictures and their XML; gives the JPEGs' bytes."""
    for name in ("images", "annotations"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    grounds = [background(640, np.random.default_rng((0, n))) for n in range(_GROUNDS)]

    def write(number: int) -> int:
        rng = np.random.default_rng((1, number))
        top, left = rng.integers(0, 640 - HEIGHT), rng.integers(0, 640 - WIDTH)
        picture = grounds[number % _GROUNDS][top : top + HEIGHT, left : left + WIDTH].copy()
        patch = cv2.resize(rng.integers(0, 256, (5, 5, 3)).astype(np.uint8), (300, 220),
                           interpolation=cv2.INTER_CUBIC)  # fmt: skip
        x, y = rng.integers(0, WIDTH - 300), rng.integers(0, HEIGHT - 220)
        picture[y : y + 220, x : x + 300] = patch
        good, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        assert good
        stem = f"picture_{number:06d}"
        (folder / "images" / f"{stem}.jpg").write_bytes(data.tobytes())
        box = Box(x / WIDTH, y / HEIGHT, (x + 300) / WIDTH, (y + 220) / HEIGHT)
        text = voc(f"{stem}.jpg", WIDTH, HEIGHT, [Thing("thing", box)])
        (folder / "annotations" / f"{stem}.xml").write_text(text)
        return len(data)

    from rich.console import Console

    from train.progress import Progress

    with Progress(Console()) as bars:
        return sum(in_order(write, range(count), bars.over("drawing")))


def measured(command: Iterable[str]) -> tuple[float, float, float]:
    """Seconds, CPU seconds and the largest resident megabytes of a command that must succeed."""
    start = time.monotonic()
    process = subprocess.Popen(list(command))
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(process.returncode)
    seconds = time.monotonic() - start
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


@click.command()
@click.option("--count", default=50_000, show_default=True, type=click.IntRange(1))
@click.option(
    "--keep", type=click.Path(path_type=Path), help="A folder to make the set in, or use."
)
def main(count: int, keep: Path | None) -> None:
    """Draw a set of COUNT Pascal VOC pictures, check it, and print the figures."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = keep or Path(scratch) / "set"
        if not folder.exists():
            size = write_set(folder, count)
            print(f"{count} pictures of {WIDTH}x{HEIGHT}, {size / count / 1000:.0f} kB each")
        command = [str(Path(sys.executable).with_name("edge-train")), "check", str(folder)]
        out = Path(scratch) / "out"
        before = os.getloadavg()[0]
        seconds, cpu, megabytes = measured([*command, "--out", str(out)])
    print(
        f"{count} files checked in {seconds:.0f} s ({count / seconds:.0f} a second, {cpu:.1f} s of "
        f"CPU on {len(os.sched_getaffinity(0))} cores), at most {megabytes:.0f} MB; load before: "
        f"{before:.1f}"
    )


if __name__ == "__main__":
    main()
