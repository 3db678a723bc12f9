"""The small values that travel from a camera to every sink."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from edge.box import Box
from edge.image import Image


@dataclass(frozen=True, slots=True)
class Localization:
    """One object that was found."""

    box: Box
    label: str
    score: float
    """How sure the model is of the label, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says of one picture."""

    found: Localization | None
    """None where nothing is there, or too little of it to tell."""
    presence: float
    """How sure the model is that its object is in the picture, 0 to 1."""
    ms: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds of each stage: resize, invoke, decode."""
    withheld: Localization | None = None
    """What was not found only because the presence stayed under the model's threshold."""


STAY_SHARE = 0.5
"""Share of the presence threshold that is enough for an object that was there a frame ago."""
Event = Literal["appeared", "moved", "left"]
"""What an object that is followed from frame to frame has just done."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a source."""

    pixels: Image
    index: int
    """Counts the source's frames from 0; live sources may skip numbers."""
    captured_at: float
    """Seconds on the monotonic clock."""
    path: str | None = None
    """The file that a picture folder took it from."""
    small: Image | None = None
    """The same view in fewer pixels, at least as many as the model wants, where the camera's own
    scaler has made it for the model; else None."""
    sequence: int | None = None
    """The source's own count or time stamp, in its own unit: while it changes, the source itself
    advances. None where it has none."""

    @property
    def for_model(self) -> Image:
        """The pixels to hand to the model: the small ones where there are."""
        return self.pixels if self.small is None else self.small


@dataclass(frozen=True, slots=True)
class Observation:
    """A frame with its answer: what every sink receives."""

    frame: Frame
    answer: Answer
    answered_at: float
    """Seconds on the monotonic clock, when the answer was ready."""
    event: Event | None = None
    """What the object did in this frame, where it is followed."""
    unsteadied: Answer | None = None
    """The model's own answer, where ``answer`` was smoothed over several frames."""

    @property
    def raw(self) -> Answer:
        """The model's own answer to this one frame."""
        return self.answer if self.unsteadied is None else self.unsteadied

    @property
    def age_ms(self) -> float:
        """Milliseconds from capture to answer."""
        return (self.answered_at - self.frame.captured_at) * 1000.0
