"""The logs of one training: opened beside RUN, fed after each epoch, moved into RUN at the end."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from edge.image import Image, read_image, resized
from train.example import Example, labels_of
from train.loggers.logger import Logger, Seen
from train.progress import say
from train.report import Locate
from train.run_folder import refuse_existing

LONGEST = 320
"""Pixels of a logged picture's longest side."""
MOST = 32
"""Pictures that a log gets after an epoch; a larger validation gives some evenly apart."""

Told = Callable[[Mapping[str, float], Callable[[], Locate]], None]
"""Called after each epoch with its row, and with what makes a localizer of the network as it is."""


@dataclass(slots=True)
class Log:
    """Every log that the user asked for; one that fails is told of, and left out from then on."""

    console: Console
    examples: Sequence[Example]
    """The validation pictures that are looked at."""
    loggers: dict[str, Logger] = field(default_factory=dict)
    folders: dict[str, Path] = field(default_factory=dict)
    """Where each of them writes while the training lasts."""
    epochs: int = 0
    """How many were told."""
    _pixels: dict[Path, Image] = field(default_factory=dict)

    def epoch_done(self, row: Mapping[str, float], locate: Callable[[], Locate]) -> None:
        """Tell every log of an epoch; ``locate`` is asked only where one wants pictures."""
        self.epochs += 1
        epoch = int(row["epoch"])
        seen: list[Seen] | None = None
        for name, logger in list(self.loggers.items()):
            with self._forgiving(name):
                logger.epoch(row)
                if self.examples and logger.wants_pictures(epoch):
                    seen = seen if seen is not None else self._looked(locate())
                    logger.pictures(epoch, seen)

    def close(self) -> None:
        """End every log."""
        for name, logger in list(self.loggers.items()):
            with self._forgiving(name):
                logger.close()

    def move_into(self, run: Path) -> None:
        """Put what was written into the folder ``run``, each log under its name."""
        for name, folder in self.folders.items():
            if folder.is_dir():
                folder.rename(run / name)

    def _looked(self, locate: Locate) -> list[Seen]:
        seen = []
        for example in self.examples:
            image = read_image(example.path)
            if example.path not in self._pixels:
                self._pixels[example.path] = _small(image)
            seen.append(Seen(example, self._pixels[example.path], locate(image)))
        return seen

    @contextmanager
    def _forgiving(self, name: str) -> Iterator[None]:
        try:
            yield
        # whatever a full disk or another project's client raises: the training is worth more
        except Exception as error:
            self.loggers.pop(name, None)
            text = f"note: --log {name} ends here ({type(error).__name__}: {error})"
            say(self.console, text)


@contextmanager
def logging_to(
    names: Sequence[str],
    out: Path,
    notes: Mapping[str, Any],
    validation: Sequence[Example],
    console: Console,
    resume: bool = False,
    earlier: Sequence[Mapping[str, float]] = (),
) -> Iterator[Log]:
    """The log of a training that will become ``out``.

    names: of NAMES. notes: what RUN keeps. validation: pictures to look at.
    resume: go on in the folders that the interrupted training left. earlier: its rows; a log that
        began with it lacks at most the last, which is told again.
    Raises LocalizerError where a log cannot be opened, or its folder is there already.
    """
    folders = {name: out.with_name(f"{out.name}.{name}") for name in dict.fromkeys(names)}
    if not resume:
        for folder in folders.values():
            refuse_existing(folder)
    there = {name for name, folder in folders.items() if folder.is_dir()}
    known = [example for example in validation if example.path.is_file()]
    log = Log(console, _spread(known), folders=folders)
    labels = [*notes["labels"], *labels_of(log.examples)]
    try:
        for name, folder in folders.items():
            logger = OPENED[name](folder, out.name, list(dict.fromkeys(labels)), notes)
            log.loggers[name] = logger
            for row in earlier[-1:] if name in there else earlier:
                logger.epoch(row)
        yield log
    finally:
        log.close()
        if not log.epochs:  # a training that never began leaves nothing
            for name in set(folders) - there:
                shutil.rmtree(folders[name], ignore_errors=True)


def _tensorboard(
    folder: Path, name: str, labels: Sequence[str], notes: Mapping[str, Any]
) -> Logger:
    from train.loggers.tensorboard import TensorBoard

    return TensorBoard(folder)


def _wandb(folder: Path, name: str, labels: Sequence[str], notes: Mapping[str, Any]) -> Logger:
    from train.loggers.weights_and_biases import WeightsAndBiases

    return WeightsAndBiases(folder, name, labels, notes["settings"])


OPENED: dict[str, Callable[[Path, str, Sequence[str], Mapping[str, Any]], Logger]] = {
    "tensorboard": _tensorboard,
    "wandb": _wandb,
}
"""What opens each log: its folder, the run's name, the labels, the notes."""


def _spread(examples: Sequence[Example]) -> list[Example]:
    """At most MOST of ``examples``, evenly apart."""
    places = np.linspace(0, len(examples) - 1, min(MOST, len(examples))).round().astype(int)
    return [examples[place] for place in places]


def _small(image: Image) -> Image:
    height, width = image.shape[:2]
    scale = min(LONGEST / max(height, width), 1.0)
    return resized(image, max(round(width * scale), 1), max(round(height * scale), 1))
