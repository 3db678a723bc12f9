"""How near the input comes to feeding the trainer: new views against one constant batch.

Both are measured in turns in one run, so that whatever else the machine does slows both. The ratio
by processor time leaves that out: where the trainer has no accelerator, each second that the input
takes from a core is one that the trainer loses.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import click
import numpy as np

from edge.box import Box
from train.backbones import BACKBONES, DEFAULT
from train.batches import Batch, Batches, OnProcessor
from train.photos import Photo, load_photos

GOAL = 0.95


def noise(count: int, size: int) -> list[Photo]:
    """Photos of 4:3 without a meaning, as large as a training keeps them."""
    rng = np.random.default_rng(0)
    longest = round(size * 12 / 7)
    shape = (round(longest * 0.75), longest, 3)
    box = Box(0.3, 0.25, 0.65, 0.7)
    return [Photo(rng.integers(0, 256, shape, np.uint8), box, n % 2) for n in range(count)]


def photos_of(data: Path, size: int) -> list[Photo]:
    """The labelled pictures of a folder, as a training decodes them."""
    from train.example import labels_of
    from train.readers.data import read_data

    examples = read_data(data).examples
    return load_photos(examples, labels_of(examples), size)


def endless(batches: Batches) -> Iterator[Batch]:
    """Epoch after epoch, as the trainer asks for them."""
    for number in itertools.count():
        yield from batches.epoch(number)


class Rate(NamedTuple):
    """How fast one way of feeding was."""

    wall: float
    """Pictures a second."""
    cpu: float
    """Pictures a second of processor time."""


class Round(NamedTuple):
    """Both ways, right after each other."""

    views: Rate
    constant: Rate


def rate(feed: Iterator[Batch], learn: Callable[[Batch], object], steps: int) -> Rate:
    """How fast ``learn`` takes ``steps`` batches from ``feed``."""
    pictures, start, cpu = 0, time.monotonic(), time.process_time()
    for batch in itertools.islice(feed, steps):
        learn(batch)
        pictures += len(batch.pixels)
    return Rate(pictures / (time.monotonic() - start), pictures / (time.process_time() - cpu))


def ratios(
    batches: Batches, learn: Callable[[Batch], object], steps: int, rounds: int
) -> list[Round]:
    """New views and a constant batch in turns, ``rounds`` times."""
    views = endless(batches)
    constant = itertools.repeat(next(views))
    rate(constant, learn, 2)  # traced and warm
    found = []
    for number in range(rounds):
        # the order turns, so that a drift of the machine favours neither
        order = (views, constant) if number % 2 == 0 else (constant, views)
        measured = {id(feed): rate(feed, learn, steps) for feed in order}
        found.append(Round(measured[id(views)], measured[id(constant)]))
    return found


def told(found: Sequence[Round]) -> str:
    """Both ratios with their spread over the rounds, and both rates."""

    def spread(kind: str) -> str:
        shares = sorted(getattr(r.views, kind) / getattr(r.constant, kind) for r in found)
        return f"{median(shares):.3f} ({shares[0]:.3f} to {shares[-1]:.3f})"

    return (
        f"fed by new views {median(r.views.wall for r in found):.1f} images/s, by one constant "
        f"batch {median(r.constant.wall for r in found):.1f}; ratio {spread('wall')}, by processor "
        f"time {spread('cpu')}, in {len(found)} rounds; goal {GOAL}"
    )


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), help="Else noise of 4:3.")
@click.option("--weights", default="none", help="A file trains the faster way of pretrained ones.")
@click.option("--backbone", default=DEFAULT, type=click.Choice(list(BACKBONES)))
@click.option("--size", default=224, show_default=True)
@click.option("--alpha", default=1.0, show_default=True)
@click.option("--batch", default=16, show_default=True)
@click.option("--steps", default=8, show_default=True, help="Of each measurement.")
@click.option("--rounds", default=6, show_default=True)
@click.option(
    "--render-on",
    type=click.Choice(["processor", "accelerator"]),
    help="Who makes the views' pixels; else as a training here chooses.",
)
def main(
    data: Path | None,
    weights: str,
    backbone: str,
    size: int,
    alpha: float,
    batch: int,
    steps: int,
    rounds: int,
    render_on: str | None,
) -> None:
    """Print the share of the trainer's own speed that the input reaches."""
    from train.network import build
    from train.quiet import start_keras
    from train.recipe import recipe
    from train.render_batch import OnAccelerator, renderer_for
    from train.trainer import compiled

    photos = photos_of(data, size) if data is not None else noise(240, size)
    start_keras(0)
    photos = photos[: len(photos) // batch * batch]  # a smaller batch would be another work
    classes = max(photo.label for photo in photos if photo.label is not None) + 1
    renderer = renderer_for(photos, size)
    if render_on is not None:
        renderer = OnProcessor(size) if render_on == "processor" else OnAccelerator(photos, size)
    batches = Batches(photos, classes, size, batch, seed=0, renderer=renderer)
    plan = recipe(weights, None, batch)
    model = build(size, alpha, classes, weights, backbone)
    features = model.get_layer("features")
    slow = {id(v) for v in features.trainable_variables}
    trained = compiled(model, plan.rate, 1000, slow, plan.backbone_share)

    def learn(batch: Batch) -> object:
        loss = trained.train_on_batch(*batch, return_dict=True)["loss"]
        trained.reset_metrics()
        return float(loss)

    where = "processor" if isinstance(renderer, OnProcessor) else "accelerator"
    print(f"views rendered on the {where}")
    print(told(ratios(batches, learn, steps, rounds)))


if __name__ == "__main__":
    main()
