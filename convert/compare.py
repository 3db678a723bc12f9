"""Several models on the same pictures: what each one's answers lose against the float model's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edge.observation import Answer
from train.example import Example
from train.report import Answered, Report, overlap, report

FLOAT, DEVICE = "float", "device"


@dataclass(frozen=True, slots=True)
class Row:
    """One picture and what each model says of it."""

    example: Example
    answers: Mapping[str, Answer]
    """By the models' names; FLOAT is always there."""

    def iou(self, name: str) -> float:
        """The overlap of that model's box with the truth; 0 where either is nothing."""
        return overlap(self.example, self.answers[name])

    def gain(self, name: str) -> float:
        """That model's overlap less the float model's: below 0 is worse."""
        return self.iou(name) - self.iou(FLOAT)

    def label(self, name: str) -> str | None:
        """What that model calls the object; None where it sees none."""
        found = self.answers[name].found
        return found.label if found is not None else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same pictures through the float model and others."""

    rows: Sequence[Row]
    others: Sequence[str]
    """The names of the models that are held against FLOAT."""

    def report(self, name: str) -> Report:
        """That model's figures."""
        return report([(row.example, row.answers[name]) for row in self.rows])

    def loss(self, name: str) -> float | None:
        """The mean IoU that the model loses; None where no picture shows an object."""
        gains = self.gains(name)
        return float(-gains.mean()) if gains.size else None

    def gains(self, name: str) -> npt.NDArray[np.float64]:
        """What the model gains on each picture with an object, in the order of ``rows``."""
        return np.array([row.gain(name) for row in self.rows if row.example.box is not None])

    def agreement(self, name: str) -> float | None:
        """The share of pictures in which the model sees FLOAT's class, or like it nothing."""
        same = [row.label(name) == row.label(FLOAT) for row in self.rows]
        return float(np.mean(same)) if same else None

    def worst(self, count: int = 20) -> list[Row]:
        """The rows in which some model lost most against FLOAT, the worst first."""
        return sorted(self.rows, key=lambda row: min(row.gain(name) for name in self.others))[
            :count
        ]

    def to_json(self, limit: float) -> dict[str, Any]:
        """All figures by name, and each picture's."""
        return {
            "limit": limit,
            "passed": self.refusal(limit) is None,
            "reports": {name: self.report(name).to_json() for name in (FLOAT, *self.others)},
            "against_float": {name: self._against_float(name) for name in self.others},
            "pictures": [self._picture(row) for row in self.rows],
        }

    def refusal(self, limit: float) -> str | None:
        """Why the models must not be used, with what can be done; None where they may.

        A model may lose up to ``limit`` of mean IoU; where nothing was measured, nothing refuses.
        """
        for name in self.others:
            loss = self.loss(name)
            if loss is not None and loss > limit:
                exact, coarse = self.report(FLOAT).mean_iou, self.report(name).mean_iou
                return (
                    f"{name} loses {loss:.3f} of mean IoU against float ({coarse:.3f} for "
                    f"{exact:.3f} on {self.gains(name).size} held-out pictures) and the limit is "
                    f"{limit:g}; {_WAYS_OUT.get(name, _TRAIN_LONGER)}"
                )
        return None

    def _against_float(self, name: str) -> dict[str, Any]:
        gains, agreement, loss = self.gains(name), self.agreement(name), self.loss(name)
        quantiles = {}
        if gains.size:
            values = np.percentile(gains, [0, 5, 25, 50, 75, 95, 100])
            places = ("least", "p5", "p25", "median", "p75", "p95", "most")
            quantiles = {at: round(float(v), 4) for at, v in zip(places, values, strict=True)}
        return {
            "loss": round(loss, 4) if loss is not None else None,
            "gain_per_picture": quantiles,
            "same_class": round(agreement, 4) if agreement is not None else None,
        }

    def _picture(self, row: Row) -> dict[str, Any]:
        return {
            "name": row.example.name,
            "box": list(row.example.box.edges) if row.example.box is not None else None,
            "label": row.example.label,
            "answers": {name: _answer(row, name) for name in (FLOAT, *self.others)},
        }


def compared(**answers: Sequence[Answered]) -> Comparison:
    """The comparison of models by name; FLOAT among them, each on the same examples in order."""
    first = answers[FLOAT]
    rows = [
        Row(example, {name: pairs[at][1] for name, pairs in answers.items()})
        for at, (example, _) in enumerate(first)
    ]
    return Comparison(rows, [name for name in answers if name != FLOAT])


def _answer(row: Row, name: str) -> dict[str, Any]:
    answer = row.answers[name]
    found = answer.found
    return {
        "box": [round(edge, 5) for edge in found.box.edges] if found is not None else None,
        "label": found.label if found is not None else None,
        "score": round(found.score, 4) if found is not None else None,
        "presence": round(answer.presence, 4),
        "iou": round(row.iou(name), 4),
    }


_TRAIN_LONGER = (
    "look at the worst pictures in its report (--report DIR), train for more epochs or on more "
    "pictures, convert with --precision float16, or allow more with --limit"
)
_WAYS_OUT = {
    DEVICE: "see that the device has this very file and this edge-localizer (edge-run replays the "
    "golden examples at its start) and answered without --closer, try another runtime or "
    "delegate, or allow more with --limit"
}
