"""A moving picture with truth: pan and zoom over held-out pictures, then ask ``edge-run``.

Also counts how often the model sees its object in films that do not show it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import cv2
import numpy as np

from edge.box import Box
from edge.image import Image, read_image, resized
from train.example import Example
from train.run_folder import load_run

WIDTH, HEIGHT, FPS = 640, 480, 25.0
_EACH = 40  # frames a picture


def window(shape: Sequence[int], box: Box, rng: np.random.Generator) -> Box:
    """A 4:3 part of a picture of that shape, with the whole box in it; in fractions.

    Where no such part exists, the box is as far inside as the picture allows.
    """
    height, width = shape[:2]
    widest = min(width, height * WIDTH / HEIGHT)
    needed = max(box.width * width, box.height * height * WIDTH / HEIGHT)
    across = rng.uniform(min(max(needed, 0.5 * widest), widest), widest) / width
    down = across * width * HEIGHT / WIDTH / height

    def start(low: float, high: float, length: float) -> float:
        least, most = max(high - length, 0.0), min(low, 1.0 - length)
        return float(rng.uniform(least, most)) if least < most else min(least, 1.0 - length)

    left, top = start(box.left, box.right, across), start(box.top, box.bottom, down)
    return Box.spanned((left, top, left + across, top + down))


def moving(picture: Image, box: Box, rng: np.random.Generator) -> Iterator[tuple[Image, Box]]:
    """Frames of (HEIGHT, WIDTH, 3) that move from one window to another, each with its box."""
    first, last = (window(picture.shape, box, rng) for _ in range(2))
    height, width = picture.shape[:2]
    for t in np.linspace(0.0, 1.0, _EACH):
        here = [a + t * (b - a) for a, b in zip(first.edges, last.edges, strict=True)]
        left, top, right, bottom = Box.spanned(here).in_pixels(width, height)
        seen = Box(left / width, top / height, right / width, bottom / height)
        yield (
            resized(picture[top:bottom, left:right], WIDTH, HEIGHT),
            box.within(seen).clipped(),
        )


def write_film(path: Path, examples: Sequence[Example], seed: int = 0) -> list[Box]:
    """Write the film of all ``examples`` that have a box; gives each frame's true box."""
    rng = np.random.default_rng(seed)
    film = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (WIDTH, HEIGHT))
    truth = []
    for example in examples:
        if example.box is not None:
            for frame, box in moving(read_image(example.path), example.box, rng):
                film.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
                truth.append(box)
    film.release()
    return truth


Boxes = list[Box | None]


def answers(
    model: Path, film: Path, record: Path | None = None, closer: bool = False
) -> tuple[Boxes, Boxes]:
    """What the model says of each frame, and what it is steadied to, by edge-run's JSON lines."""
    command = [sys.executable, "-m", "edge", "--model", str(model), "--video", str(film), "--json"]
    if closer:
        command.append("--closer")
    if record is not None:
        record.unlink(missing_ok=True)
        command += ["--record", str(record)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    rows = [json.loads(line) for line in told.splitlines()]
    raw, steady = (
        [Box(*row[key]) if row[key] else None for row in rows] for key in ("raw_box", "box")
    )
    return raw, steady


def restlessness(told: Boxes, truth: Sequence[Box]) -> float:
    """How much the error of the box's edges changes from one frame to the next, in the mean over
    the pictures, as a share of the picture; without the ten frames after each cut."""
    scenes = []
    for start in range(0, len(truth), _EACH):
        pairs = list(zip(told, truth, strict=True))[start + 10 : start + _EACH]
        errors = [np.subtract(box.edges, true.edges) for box, true in pairs if box is not None]
        if len(errors) == len(pairs) > 1:
            scenes.append(np.diff(errors, axis=0).std())
    return float(np.mean(scenes)) if scenes else float("nan")


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True))
@click.argument("model", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--empty",
    type=click.Path(path_type=Path, exists=True),
    help="A folder of films without the object.",
)
@click.option("--record", type=click.Path(path_type=Path), help="Keep the film with its boxes.")
@click.option("--closer", is_flag=True, help="Let edge-run look a second time.")
def main(run: Path, model: Path, empty: Path | None, record: Path | None, closer: bool) -> None:
    """Film the held-out pictures of RUN and print the mean IoU of MODEL over all frames."""
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mp4"
        truth = write_film(film, load_run(run).examples("held_out"))
        told, steady = answers(model, film, record, closer)
    if len(told) != len(truth):
        sys.exit(f"edge-run answered {len(told)} of {len(truth)} frames")
    ious, steady_ious = (
        [box.iou(true) if box is not None else 0.0 for box, true in zip(boxes, truth, strict=True)]
        for boxes in (told, steady)
    )
    withheld = sum(box is None for box in told)
    print(
        f"moving picture: {len(told)} of {len(truth)} frames answered, mean IoU "
        f"{np.mean(ious):.3f}, at least 0.5: {np.mean(np.array(ious) >= 0.5):.3f}, "
        f"withheld {withheld}"
    )
    print(
        f"steadied: mean IoU {np.mean(steady_ious):.3f}; an edge's error changes from frame to "
        f"frame by {restlessness(steady, truth):.2%} of the picture, "
        f"instead of {restlessness(told, truth):.2%}"
    )
    for clip in sorted(empty.glob("*.mp4")) if empty is not None else []:
        seen, _ = answers(model, clip, closer=closer)
        alarms = sum(box is not None for box in seen)
        share = alarms / len(seen)
        print(f"{clip.name}: a box in {alarms} of {len(seen)} frames without one ({share:.1%})")


if __name__ == "__main__":
    main()
