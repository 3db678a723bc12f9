"""How good a localizer is on labelled pictures: one report for float, int8 and device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from edge.box import Box
from edge.image import Image, read_image
from edge.observation import Answer, Localization
from train.example import Example
from train.split import Split

Locate = Callable[[Image], Answer]
Answered = tuple[Example, Answer]


@dataclass(frozen=True, slots=True)
class Report:
    """Figures over pictures that chose nothing; None where there was no picture to tell."""

    images: int
    """Pictures with an object whose box is known."""
    mean_iou: float | None
    """Over those pictures; a withheld box counts as 0."""
    iou50: float | None
    """The share of them with an IoU of at least 0.5."""
    iou75: float | None
    """The share of them with an IoU of at least 0.75."""
    accuracy: float | None
    """The share of pictures with an object whose class is right; withheld is not right."""
    withheld: int
    """How many of them were said to hold nothing."""
    empty: int = 0
    """Pictures without an object."""
    false_alarms: int = 0
    """How many of those were said to hold one."""

    def to_json(self) -> dict[str, Any]:
        """The figures by name, rounded to four digits."""
        return {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }

    def __str__(self) -> str:
        if self.mean_iou is None and self.accuracy is not None:
            return f"class right {self.accuracy:.3f}, no held-out picture with a box"
        if self.mean_iou is None:
            return "no held-out picture with an object, so nothing was measured"
        text = (
            f"mean IoU {self.mean_iou:.3f}, at least 0.5: {self.iou50:.3f}, at least 0.75: "
            f"{self.iou75:.3f}, class right {self.accuracy:.3f}, "
            f"withheld {self.withheld} of {self.images}"
        )
        if self.empty:
            text += f", false alarms {self.false_alarms} of {self.empty}"
        return text


def answered(
    examples: Iterable[Example],
    locate: Locate,
    watch: Callable[[Iterable[Example]], Iterable[Example]] = lambda examples: examples,
) -> list[Answered]:
    """Each example with what ``locate`` says of its picture as it lies on the disk."""
    return [(example, locate(read_image(example.path))) for example in watch(examples)]


def overlap(example: Example, answer: Answer) -> float:
    """The IoU of truth and answer; 0 where either of them is nothing."""
    if example.box is None or answer.found is None:
        return 0.0
    return example.box.iou(answer.found.box)


def report(pairs: Sequence[Answered]) -> Report:
    """The figures of all ``pairs``."""
    full = [(example, answer) for example, answer in pairs if example.box is not None]
    alarms = [answer.found is not None for example, answer in pairs if example.empty]
    withheld = sum(answer.found is None for _, answer in full)
    right = [a.found is not None and a.found.label == e.label for e, a in pairs if not e.empty]
    accuracy = float(np.mean(right)) if right else None
    if not full:
        return Report(0, None, None, None, accuracy, 0, len(alarms), sum(alarms))
    ious = np.array([overlap(example, answer) for example, answer in full])
    return Report(
        images=len(full),
        mean_iou=float(ious.mean()),
        iou50=float((ious >= 0.5).mean()),
        iou75=float((ious >= 0.75).mean()),
        accuracy=accuracy,
        withheld=withheld,
        empty=len(alarms),
        false_alarms=sum(alarms),
    )


def mean_box(examples: Iterable[Example]) -> Box | None:
    """The box in the middle of all boxes: what a model that looks at nothing would say."""
    edges = [example.box.edges for example in examples if example.box is not None]
    return Box(*np.mean(edges, axis=0).tolist()) if edges else None


def of_the_mean_box(lists: Split) -> Report:
    """The report of a model that looks at no picture and always says the mean box."""
    box = mean_box(lists.train)
    counts = Counter(example.label for example in lists.train if example.label is not None)
    label = counts.most_common(1)[0][0]
    found = Localization(box, label, 1.0) if box is not None else None
    return report([(example, Answer(found, 1.0)) for example in lists.held_out])
