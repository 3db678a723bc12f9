"""What every log of a training is: a taker of rows and pictures, which the trainer never sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.image import Image
from edge.observation import Answer
from train.example import Example


@dataclass(frozen=True, slots=True)
class Seen:
    """A validation picture, and what the network of an epoch says of it."""

    example: Example
    pixels: Image
    """The picture, upright, its longest side at most ``train.loggers.log.LONGEST`` pixels."""
    answer: Answer


class Logger(Protocol):
    """A place where a training leaves its figures and pictures."""

    def epoch(self, row: Mapping[str, float]) -> None:
        """Take the figures of an epoch, as ``train.epochs.History`` has them."""

    def wants_pictures(self, epoch: int) -> bool:
        """Whether ``pictures`` is worth the time after this epoch, counted from 1."""

    def pictures(self, epoch: int, seen: Sequence[Seen]) -> None:
        """Take what the network of ``epoch`` says of the validation pictures."""

    def close(self) -> None:
        """Write what is left, and let go of the files."""


def named(key: str) -> tuple[str, str]:
    """A figure's name, and the part of the data that it is about."""
    return (key.removeprefix("val_"), "validation" if key.startswith("val_") else "training")


NOT_LOGGED = frozenset({"epoch", "stage"})
"""What stands in a row and is no figure."""
