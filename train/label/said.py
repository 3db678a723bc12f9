"""What an annotation says of a picture, as the page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from train.readers.settle import Thing

EMPTY, UNKNOWN, BROKEN = " nothing there", "", " cannot be read"
"""States of a picture besides the name of its class: nobody has looked at it, for one.

No class has such a name, as ``label_of`` takes spaces off its ends.
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What an annotation says of a picture."""

    things: Sequence[Thing] | None
    """None where there is no annotation, or none that can be read."""
    fault: str = ""
    """Why it cannot be read."""

    @property
    def thing(self) -> Thing | None:
        """The object that the page shows: the largest."""
        return max(self.things, key=_area) if self.things else None

    @property
    def state(self) -> str:
        """The class, or one of EMPTY, UNKNOWN and BROKEN."""
        if self.fault:
            return BROKEN
        if self.things is None:
            return UNKNOWN
        return self.thing.label if self.thing is not None else EMPTY


def _area(thing: Thing) -> float:
    return thing.box.area if thing.box is not None else -1.0
