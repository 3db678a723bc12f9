"""The loop that every training shares: epochs, their figures, and the best of them kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from edge.errors import LocalizerError
from train.batches import Batch

Arrays = list[npt.NDArray[Any]]
Step = Callable[[str], None]
"""Called after every training step with the name of the stage."""


@dataclass(slots=True)
class History:
    """One row an epoch."""

    rows: list[dict[str, float]] = field(default_factory=list)
    """``epoch``, ``loss``, ``val_loss`` where there is validation, ``seconds``, and what else Keras
    tells of its losses and metrics, under its own names; ``stage``, from 0, of a preset."""
    best: int = 0
    """The epoch whose weights were kept."""


@dataclass(frozen=True, slots=True)
class State:
    """A training between two epochs: what it needs to go on as if it had never stopped."""

    history: History
    """Of the epochs so far."""
    lowest: float
    """The validation loss of the epoch that is kept so far; infinite before there is one."""
    model: Arrays
    """Every variable of the model; where its dropout stands in its random numbers included."""
    optimizer: Arrays
    """Every variable of the optimizer, its count of steps included."""
    kept: Arrays | None
    """The weights of the epoch that is kept so far; None where that is the last."""


@dataclass(slots=True)
class Course:
    """How a training has gone so far."""

    history: History = field(default_factory=History)
    lowest: float = math.inf
    """The validation loss of the epoch that is kept so far."""
    kept: Arrays | None = None
    """Its weights; None where it is the last."""

    def state(self, model: Any, trained: Any) -> State:
        """What goes on disk, with ``trained`` being the compiled form of ``model``."""
        network, optimizer = map(values_of, (model.variables, trained.optimizer.variables))
        return State(self.history, self.lowest, network, optimizer, self.kept)


class Feed(Protocol):
    """Where batches come from: the same number gives the same epoch."""

    def __len__(self) -> int: ...

    def epoch(self, number: int) -> Iterator[Batch]: ...


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how a training goes."""

    step: Step = lambda stage: None
    epoch_done: Callable[[dict[str, float]], None] = lambda row: None
    """Called with the row of each epoch, after ``save``."""
    save: Callable[[State], None] | None = None
    """Keeps the state after each epoch."""


def resumed(start: State, model: Any, trained: Any) -> Course:
    """How the training that ``start`` belongs to had gone; its variables are assigned."""
    _put(start.model, model.variables)
    _put(start.optimizer, trained.optimizer.variables)
    return Course(start.history, start.lowest, start.kept)


def train_epochs(
    trained: Any,
    model: Any,
    batches: Feed,
    validation: Batch | None,
    epochs: range,
    patience: int,
    course: Course,
    watch: Watch,
    stage: str = "all layers",
    notes: Mapping[str, float] | None = None,
    choose_from: int = 0,
) -> None:
    """Train ``model`` in place through ``trained``, its compiled form, and leave the best epoch.

    validation: prepared pixels that choose the epoch to keep; None keeps the last.
    epochs: the stage's own; those that ``course`` has seen are not trained again.
    patience: epochs of the stage without a lower validation loss after which it ends.
    course: goes on. notes: stand in each row as well.
    choose_from: the first epoch that ``validation`` may choose.
    """
    history = course.history
    for epoch in range(len(history.rows), epochs.stop):
        if validation is not None and epoch - max(history.best, epochs.start) >= patience:
            break
        began, told = time.monotonic(), []
        for batch in batches.epoch(epoch):
            figures = trained.train_on_batch(*batch, return_dict=True)
            # each batch's own values: Keras returns the running mean since the last reset
            trained.reset_metrics()
            told.append((figures, len(batch.pixels)))
            watch.step(stage)
        row = {"epoch": epoch + 1.0, **(notes or {}), **_means(told)}
        if validation is not None:
            figures = _means(_tested(trained, validation, len(batch.pixels)))
            row |= {f"val_{name}": value for name, value in figures.items()}
        row["seconds"] = time.monotonic() - began
        history.rows.append(row)
        if validation is None:
            history.best = epoch + 1
        elif epoch >= choose_from and row["val_loss"] < course.lowest:
            course.lowest, course.kept = row["val_loss"], model.get_weights()
            history.best = epoch + 1
        if watch.save is not None:
            watch.save(course.state(model, trained))
        watch.epoch_done(row)
    if course.kept is not None:
        model.set_weights(course.kept)


def values_of(variables: Sequence[Any]) -> Arrays:
    """The values of ``variables``."""
    from keras import ops

    return [np.array(ops.convert_to_numpy(variable)) for variable in variables]


def _put(values: Arrays, variables: Sequence[Any]) -> None:
    """Assign ``values`` to ``variables``; raises LocalizerError where they cannot be theirs."""
    shapes = [value.shape for value in values], [tuple(one.shape) for one in variables]
    if shapes[0] != shapes[1]:
        raise LocalizerError(
            f"the saved state has {len(values)} variables that do not fit the network's "
            f"{len(variables)}, so another version wrote it; train from the start"
        )
    for value, variable in zip(values, variables, strict=True):
        variable.assign(value)


Told = tuple[Mapping[str, Any], int]
"""What Keras tells of some pictures, and how many they are."""


def _tested(model: Any, batch: Batch, size: int) -> list[Told]:
    """What Keras tells of ``batch``, looked at in parts of ``size`` pictures."""
    told = []
    for at in range(0, len(batch.pixels), size):
        here = slice(at, at + size)
        part = [{name: values[here] for name, values in of.items()} for of in batch[1:]]
        pixels = batch.pixels[here]
        told.append((model.test_on_batch(pixels, *part, return_dict=True), len(pixels)))
        model.reset_metrics()
    return told


def _means(told: Sequence[Told]) -> dict[str, float]:
    """The mean of each figure over all pictures."""
    pictures = sum(count for _, count in told)
    return {
        name: sum(float(figures[name]) * count for figures, count in told) / pictures
        for name in told[0][0]
    }
