"""Which epoch is kept, and when a training ends, as its validation losses have it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from edge.box import Box
from train.batches import Batch, batch_of
from train.epochs import Course, Watch, train_epochs

BATCH = batch_of([(np.zeros((8, 8, 3), np.uint8), Box(0, 0, 1, 1), 0)], classes=1)


class OneBatch:
    """The same batch as every epoch."""

    def __len__(self) -> int:
        return 1

    def epoch(self, number: int) -> Iterator[Batch]:
        yield BATCH


class Scripted:
    """Stands for a network whose weights are the number of its steps."""

    def __init__(self, losses: list[float]) -> None:
        """losses: of the validation pictures, by epoch."""
        self.losses, self.steps = losses, 0

    def train_on_batch(self, *batch: Any, return_dict: bool) -> dict[str, float]:
        self.steps += 1
        return {"loss": 1.0}

    def test_on_batch(self, *batch: Any, return_dict: bool) -> dict[str, float]:
        return {"loss": self.losses[self.steps - 1]}

    def reset_metrics(self) -> None:
        """There are none."""

    def get_weights(self) -> int:
        return self.steps

    def set_weights(self, steps: int) -> None:
        self.steps = steps


def trained(losses: list[float], patience: int, **options: int) -> tuple[Course, Scripted]:
    course, network = Course(), Scripted(losses)
    epochs = range(len(losses))
    train_epochs(
        network, network, OneBatch(), BATCH, epochs, patience, course, Watch(), **options
    )  # fmt: skip
    return course, network


def test_the_epoch_with_the_lowest_validation_loss_is_kept() -> None:
    course, network = trained([3.0, 1.0, 2.0, 2.5], patience=9)
    assert (course.history.best, network.steps, len(course.history.rows)) == (2, 2, 4)


def test_an_epoch_before_those_that_may_be_chosen_is_not_kept() -> None:
    course, network = trained([3.0, 1.0, 2.0, 2.5], patience=9, choose_from=2)
    assert (course.history.best, network.steps) == (3, 3)


@pytest.mark.parametrize(("patience", "epochs"), [(1, 3), (2, 4), (3, 5)])
def test_without_a_lower_loss_a_training_ends(patience: int, epochs: int) -> None:
    course, network = trained([3.0, 1.0, 2.0, 2.0, 2.0], patience)
    assert len(course.history.rows) == epochs
    assert network.steps == 2
