"""Progress of long work on a terminal, a line an epoch in a log, and sentences as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import rich.progress
from rich.console import Console

from train.recipe import Recipe

T = TypeVar("T")


def say(console: Console, text: str) -> None:
    """Print a sentence as it is: brackets and colons in its paths are no markup and no emoji."""
    console.out(text, highlight=False)


class Progress:
    """Bars that live as long as the ``with`` block."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bars = rich.progress.Progress(
            rich.progress.TextColumn("{task.description:>10}", markup=False),
            rich.progress.BarColumn(),
            rich.progress.MofNCompleteColumn(),
            rich.progress.TimeElapsedColumn(),
            rich.progress.TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Progress:
        self._bars.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bars.stop()

    def over(self, what: str) -> Callable[[Iterable[T]], Iterable[T]]:
        """A wrapper that shows how far an iteration has come."""

        def watched(items: Iterable[T]) -> Iterator[T]:
            known = list(items)
            task = self._bars.add_task(what, total=len(known))
            for item in known:
                yield item
                self._bars.advance(task)

        return watched

    def training(self, recipe: Recipe, steps: int, done: int = 0) -> Training:
        """What a training reports its steps and epochs to; ``steps`` an epoch, ``done`` epochs."""
        return Training(self.console, self._bars, recipe, steps, done)


class Training:
    """Shows each stage of a training as a bar, each epoch as a line."""

    def __init__(self, console: Console, bars: Any, recipe: Recipe, steps: int, done: int) -> None:
        self._console = console
        self._bars = bars
        self._totals: dict[str, int | None] = {
            "looking": None,
            "head": None,
            "all layers": recipe.epochs * steps,
            "rounding": None,
        }
        self._epochs = recipe.epochs
        self._done = {"all layers": done * steps}
        self._tasks: dict[str, Any] = {}

    def step(self, stage: str) -> None:
        """One step of ``stage`` is done."""
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(
                stage, total=self._totals.get(stage), completed=self._done.get(stage, 0)
            )
        self._bars.advance(self._tasks[stage])

    def epoch_done(self, row: dict[str, float]) -> None:
        """Print the row of an epoch of all layers."""
        text = f"epoch {row['epoch']:.0f}/{self._epochs}  loss {row['loss']:.3f}"
        if "val_loss" in row:
            text += f"  validation {row['val_loss']:.3f}"
        for key, name in (("bbox_iou", "IoU"), ("label_accuracy", "class right")):
            if key in row:  # of the training, then of the validation
                of = [f"{row[k]:.3f}" for k in (key, f"val_{key}") if k in row]
                text += f"  {name} {' / '.join(of)}"
        say(self._console, f"{text}  {row['seconds']:.1f} s")
