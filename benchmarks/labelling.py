"""How quick the label page is: the next picture, and a scripted person with mouse and keys.

``python -m benchmarks.labelling`` needs Debian's chromium and playwright. It labels drawn scenes of
a camera's size in a folder of ten thousand, and photos of twelve megapixels.
"""

from __future__ import annotations

import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import numpy as np

from edge.image import resized, write_image
from train.scenes import scene

_COUNT = 10_000  # pictures of a folder
_NEXT = """
async () => {
  const shown = () => document.querySelector('.thumb[aria-current="true"]')?.ariaLabel;
  const before = shown(), start = performance.now();
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'n', bubbles: true }));
  while (shown() === before) await new Promise(requestAnimationFrame);
  await document.getElementById('picture').decode();
  await new Promise(requestAnimationFrame);
  return performance.now() - start;
}
"""
"""Milliseconds from the key to the picture on the screen."""


def draw(folder: Path, count: int, size: tuple[int, int], different: int) -> None:
    """Fill ``folder`` with ``count`` pictures, of which some are ``different`` and others links."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for number in range(count):
        path = folder / f"{number:05d}.jpg"
        if number < different:
            write_image(path, resized(scene(480, rng, "star")[0], *size))
        else:
            path.hardlink_to(folder / f"{number % different:05d}.jpg")


@contextmanager
def labelling(folder: Path) -> Iterator[str]:
    """The address of the page of ``folder``."""
    command = [sys.executable, "-m", "train", "label", str(folder), "--port", "0"]
    with subprocess.Popen(
        [*command, "--classes", "star"], stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        try:
            yield next(m[0] for line in running.stdout if (m := re.search(r"http://\S+", line)))
        finally:
            running.send_signal(signal.SIGINT)


def next_ms(page: Any, times: int, pause_ms: int) -> list[float]:
    """Milliseconds of each of some steps to the next picture.

    pause_ms: what a person looks at a picture for, at least.
    """
    found = []
    for _ in range(times):
        page.wait_for_timeout(pause_ms)
        found.append(float(page.evaluate(_NEXT)))
    return found


def pictures_a_minute(page: Any, times: int) -> float:
    """How many pictures a hand without thoughts labels: a drag, a class, Enter."""
    start = time.monotonic()
    for number in range(times):
        sheet = page.locator("#sheet").bounding_box()
        page.mouse.move(sheet["x"] + 20 + number, sheet["y"] + 20)
        page.mouse.down()
        page.mouse.move(sheet["x"] + 120 + number, sheet["y"] + 140, steps=5)
        page.mouse.up()
        page.keyboard.press("1")
        before = page.locator('.thumb[aria-current="true"]').get_attribute("aria-label")
        page.keyboard.press("Enter")
        label = before.partition(":")[0]
        page.wait_for_selector(
            f'.thumb[aria-current="true"]:not([aria-label^="{label}:"])', state="attached"
        )
    page.wait_for_selector("#saved:text-is('saved')")
    return 60 * times / (time.monotonic() - start)


@click.command()
@click.option("--chromium", default="/usr/bin/chromium", show_default=True)
@click.option("--times", default=30, show_default=True, type=click.IntRange(2))
def main(chromium: str, times: int) -> None:
    """Print the figures of both folders."""
    from playwright.sync_api import sync_playwright

    kinds = {
        f"640x480, {_COUNT} pictures": ((640, 480), _COUNT, 50),
        "4000x3000, 40 pictures": ((4000, 3000), 40, 8),
    }
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (size, count, different) in kinds.items():
            folder = Path(place) / f"{size[0]}"
            draw(folder, count, size, different)
            with labelling(folder) as address:
                page = browser.new_page()
                page.set_default_timeout(120_000)
                began = time.monotonic()
                page.goto(address)
                page.wait_for_selector('.thumb[aria-current="true"]')
                first = time.monotonic() - began
                steps = sorted(next_ms(page, min(times, count // 2 - 2), 1000))
                rate = pictures_a_minute(page, min(times, count // 2 - 2))
                page.close()
            print(
                f"{name}: page {first:.2f} s, next picture {statistics.median(steps):.0f} ms "
                f"(slowest {steps[-1]:.0f}), {rate:.0f} pictures a minute",
                flush=True,
            )
        browser.close()


if __name__ == "__main__":
    main()
