"""Five folds over real pictures, the same for every model that is compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from train.example import Example
from train.readers.data import read_data
from train.split import Split

FOLDS = 5
_VALIDATION = 0.1  # share of all pictures


def examples_of(data: Path) -> list[Example]:
    """The pictures of ``data``; those of the pet set are classed by breed, the stem of the name."""
    found = list(read_data(data, objects="first").examples)
    if data.name != "pets":
        return found
    return [replace(e, label=e.path.stem.rsplit("_", 1)[0]) for e in found]


def fold(examples: Sequence[Example], number: int) -> Split:
    """Fold ``number``, 0 to 4, of ``RandomState(0).permutation``; the last is the fixed split.

    Folds 0 to 3 have the same validation pictures, the end of the permutation, so that choices are
    made on two folds of which one is fold 4.
    """
    parts = np.array_split(np.random.RandomState(0).permutation(len(examples)), FOLDS)
    rest = np.concatenate([part for at, part in enumerate(parts) if at != number])
    kept = len(rest) - round(_VALIDATION * len(examples))
    lists = (rest[:kept], rest[kept:], parts[number])
    train, validation, held_out = ([examples[i] for i in part] for part in lists)
    return Split(train, validation, held_out)
