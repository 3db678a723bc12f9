"""Which pictures train, which choose the epoch, and which are held out from all choices."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.errors import LocalizerError
from train.example import Example


@dataclass(frozen=True, slots=True)
class Split:
    """Three lists without a picture in common."""

    train: Sequence[Example]
    validation: Sequence[Example]
    """Serves early stopping."""
    held_out: Sequence[Example]
    """Chooses nothing; measures the finished model."""


def split(
    examples: Sequence[Example],
    held_out: float | Collection[str],
    validation: float,
    seed: int,
) -> Split:
    """Split ``examples``, sorted by file name, with ``numpy.random.RandomState(seed).permutation``.

    held_out: the share at the permutation's end, or the file stems to hold out.
    validation: the share of all examples, taken right before the held-out ones.
    Raises LocalizerError where a stem is unknown or nothing is left to train on.
    """
    shuffled = [examples[i] for i in np.random.RandomState(seed).permutation(len(examples))]
    if isinstance(held_out, float):
        count = round(held_out * len(examples))
        rest, last = shuffled[: len(shuffled) - count], shuffled[len(shuffled) - count :]
    else:
        stems = set(held_out)
        unknown = sorted(stems - {example.path.stem for example in examples})
        if unknown:
            raise LocalizerError(
                f"{len(unknown)} of the {len(stems)} held-out names are no usable picture of the "
                f"data (the first is {unknown[0]!r}); write file names without folder and suffix"
            )
        rest = [example for example in shuffled if example.path.stem not in stems]
        last = [example for example in shuffled if example.path.stem in stems]
    kept = len(rest) - round(validation * len(examples))
    if kept < 1 or all(example.empty for example in rest[:kept]):
        raise LocalizerError(
            f"{len(examples)} pictures with {len(last)} held out and "
            f"{len(rest) - max(kept, 0)} for validation leave no object to train on; "
            "add pictures or lower --held-out or --validation"
        )
    return Split(rest[:kept], rest[kept:], last)


def dealt(
    empty: Sequence[Example], lists: Split, held_out: float, validation: float, seed: int
) -> Split:
    """``lists`` with pictures of a folder of negatives dealt out by the same shares."""
    order = np.random.RandomState(seed).permutation(len(empty))
    last, middle = round(held_out * len(empty)), round(validation * len(empty))
    cut = len(empty) - last
    parts = order[: max(cut - middle, 0)], order[max(cut - middle, 0) : cut], order[cut:]
    train, stop, test = ([empty[i] for i in part] for part in parts)
    return Split([*lists.train, *train], [*lists.validation, *stop], [*lists.held_out, *test])


def read_stems(path: Path) -> list[str]:
    """The file stems in a text file, one a line; empty lines and lines with # count nothing."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LocalizerError(
            f"{path} cannot be read as a list of held-out pictures ({error}); give a share such as "
            "0.2, or a text file with one file stem a line"
        ) from error
    stems = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not stems:
        raise LocalizerError(f"{path} names no picture; write one file stem a line")
    return stems


def held_out_of(text: str) -> float | list[str]:
    """The share, or the stems in the file, that ``--held-out`` names."""
    try:
        share = float(text)
    except ValueError:
        return read_stems(Path(text))
    if not 0 <= share < 1:
        raise LocalizerError(
            f"--held-out is a share from 0 to below 1, or a file. Received: {text}"
        )
    return share
