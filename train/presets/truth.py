"""What a preset makes of people's labels: it may tell no classes apart, or find no boxes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from edge.box import Box
from edge.card import Card
from edge.image import Image, resized
from edge.observation import Answer, Localization
from train.example import Example, labels_of
from train.floating import float_localizer
from train.presets.preset import Preset
from train.report import Locate
from train.split import Split

_WHOLE = Box(0.0, 0.0, 1.0, 1.0)
ANYTHING = "object"
"""What a preset without classes calls everything, where people have several names for it."""


def taken(preset: Preset | None, lists: Split) -> tuple[Split, list[str]]:
    """``lists`` as ``preset`` sees them, and what the user should know of that.

    preset: None for our own localizer, which takes them as they are.
    """
    remarks: list[str] = []
    if preset is None:
        return lists, remarks
    everything = [*lists.train, *lists.validation, *lists.held_out]
    names = labels_of(everything)
    if not preset.tells_classes and len(names) > 1:
        lists = Split(*(_nameless(of) for of in (lists.train, lists.validation, lists.held_out)))
        remarks.append(
            f"--preset {preset.name} tells no classes apart, so {', '.join(names)} are all called "
            f"{ANYTHING!r}"
        )
    idle = sum(not preset.learns_from(example, names) for example in everything)
    if idle:
        remarks.append(
            f"{idle} pictures without what --preset {preset.name} learns from train nothing; it "
            "always gives an answer, so empty pictures are false alarms"
        )
    return lists, remarks


def asked(preset: Preset | None, examples: Sequence[Example]) -> Sequence[Example]:
    """``examples`` as ``preset`` is measured by: by their classes alone, if it finds no boxes."""
    if preset is None or preset.finds_boxes:
        return examples
    return [replace(example, box=None) for example in examples if not example.empty]


def locate_with(preset: Preset | None, model: Any, card: Card) -> Locate:
    """What answers for ``model``: the device's localizer, or a classifier of whole pictures."""
    if preset is None or preset.finds_boxes:
        return float_localizer(model, card)

    def classified(picture: Image) -> Answer:
        pixels = resized(picture, card.width, card.height)
        (shares,) = np.asarray(model.predict_on_batch(pixels[None])["label"], np.float32)
        best = int(shares.argmax())
        return Answer(Localization(_WHOLE, card.labels[best], float(shares[best])), 1.0)

    return classified


def _nameless(examples: Iterable[Example]) -> Sequence[Example]:
    return [replace(e, label=ANYTHING) if e.label is not None else e for e in examples]
