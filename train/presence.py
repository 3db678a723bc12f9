"""The presence threshold: as many false alarms as the user allows, and what that costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edge.decode import sigmoid
from edge.image import Image
from train.augment import background_of
from train.example import Example
from train.photos import Photo, load_photos, prepared
from train.render import rendered

ENOUGH = 20
"""Pictures without the object that set the threshold alone; cuts are harder than life."""
_CUTS = 12  # views without the object that each validation photo gives
_LEAST, _MOST = 0.05, 0.999
"""Thresholds beyond these would rest on fewer views than any validation has."""


@dataclass(frozen=True, slots=True)
class Presence:
    """A threshold and the pictures that it was chosen by."""

    threshold: float
    """The presence, 0 to 1, under which a box is withheld."""
    false_alarms: float
    """The share of empty views that the user allows to be taken for an object."""
    empty: int
    """Validation views without the object."""
    alarms: int
    """How many of those reach the threshold."""
    full: int
    """Validation pictures with the object."""
    missed: int
    """How many of those do not reach it: what the silence costs."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        if not self.empty:
            return f"{self.threshold:g}, as no validation view is without the object"
        return (
            f"{self.threshold:g}: reached by {self.alarms} of {self.empty} validation views "
            f"without the object ({self.false_alarms:g} of them may), and not by {self.missed} of "
            f"{self.full} pictures with it"
        )


class Views(NamedTuple):
    """Prepared pixels that a threshold is chosen by, each of shape (pictures, size, size, 3)."""

    full: npt.NDArray[np.uint8]
    empty: npt.NDArray[np.uint8]


def views_of(examples: Sequence[Example], size: int, seed: int) -> Views:
    """The validation pictures with the object, and what they show beside their objects.

    People's own empty pictures speak for themselves, where there are enough of them.
    """
    full = [e for e in examples if e.box is not None]
    views = list(prepared((e for e in examples if e.empty), size))
    if len(views) < ENOUGH:
        photos = load_photos(full, sorted({e.label or "" for e in full}), size)
        views += empty_views(photos, size, seed)
    empty = np.asarray(views, np.uint8).reshape(-1, size, size, 3)
    return Views(prepared(full, size), empty)


def empty_views(photos: Sequence[Photo], size: int, seed: int) -> list[Image]:
    """Prepared pixels, (size, size, 3) each, of what ``photos`` show beside their objects."""
    found = []
    for number, photo in enumerate(photos):
        for cut in range(_CUTS):
            view = background_of(photo, size, np.random.default_rng((seed, number, cut)))
            if view is not None:
                found.append(rendered(photo.pixels, view, size))
    return found


def calibrated(full: Sequence[float], empty: Sequence[float], false_alarms: float) -> Presence:
    """The lowest threshold at which at most a share ``false_alarms`` of ``empty`` is an alarm.

    full, empty: presence, 0 to 1, of validation pictures with and without the object. Without
    empty ones the threshold is one half.
    """
    # what is no number finds nothing; where nothing is it counts as an alarm, to be safe
    there = np.nan_to_num(np.asarray(full, float), nan=0.0)
    nothing = np.sort(np.nan_to_num(np.asarray(empty, float), nan=1.0))
    threshold = 0.5
    if nothing.size:
        allowed = int(false_alarms * nothing.size)
        # just above the first that may not be an alarm any more
        least = nothing[-allowed - 1] if allowed < nothing.size else 0.0
        threshold = float(np.clip((np.floor(least * 1e4) + 1) / 1e4, _LEAST, _MOST))
    return Presence(
        threshold=threshold,
        false_alarms=false_alarms,
        empty=int(nothing.size),
        alarms=int((nothing >= threshold).sum()),
        full=int(there.size),
        missed=int((there < threshold).sum()),
    )


def presences(model: Any, pixels: npt.NDArray[np.uint8]) -> list[float]:
    """What ``model`` says of the presence in prepared pixels, (pictures, size, size, 3)."""
    if len(pixels) == 0:
        return []
    logits = model.predict(pixels, batch_size=32, verbose=0)["presence"]
    return [sigmoid(float(logit)) for logit in np.asarray(logits)[:, 0]]
