"""The presence threshold of a converted file, chosen by its own answers.

Rounding moves the presence; a threshold that was chosen in float would let through more false
alarms than the user allows, or withhold boxes that it need not.
"""

from __future__ import annotations

from collections.abc import Iterable

from convert.int8 import Lessons
from edge.card import FINISHED_BOX
from edge.decode import sigmoid
from edge.image import Image
from edge.localizer import Localizer
from train.presence import Presence, calibrated, views_of


def own_threshold(locate: Localizer, lessons: Lessons) -> Presence | None:
    """As ``train.presence`` chooses it, but by the presences that the file itself gives.

    None where the file gives no presence, or no validation view is without the object.
    """
    if locate.card.decode == FINISHED_BOX:
        return None

    def told(pixels: Iterable[Image]) -> list[float]:
        return [sigmoid(float(locate.infer(picture)["presence"][0])) for picture in pixels]

    full, empty = map(told, views_of(lessons.validation, locate.card.width, lessons.seed))
    return calibrated(full, empty, lessons.false_alarms) if empty else None
