"""Which pictures travel in the model file as its golden examples, and what is kept of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import cv2
import numpy as np

from edge.box import Box
from edge.errors import LocalizerError
from edge.golden.examples import MOST, golden_files
from edge.golden.fingerprint import Fingerprint, chart, fingerprint
from edge.golden.seen import IOU, MEAN_IOU
from edge.image import Image, decoded, read_image, resized
from edge.localizer import Localizer
from edge.observation import Answer, Localization
from train.example import Example
from train.report import Answered, overlap

_LONGEST, _LIMIT = 320, 480  # pixels
_QUALITY = 85
_SURE = 0.6  # of 1; under it another runtime may fall on the other side of a threshold
_ROBUST = 0.3  # of the picture: the side of a box that a few pixels hardly matter to
_TRIES = 24  # pictures of a class that are looked at
_CHANGES: Mapping[str, Callable[[Image], Image]] = {
    "rounding": lambda pixels: pixels ^ np.uint8(1),
    "colours": lambda pixels: np.ascontiguousarray(pixels[..., ::-1]),
    "range": lambda pixels: pixels // 2,
}
"""What may happen to pixels on their way into a runtime: the first is noise, the others faults."""


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A picture that can be a golden example."""

    jpeg: bytes
    prepared: Fingerprint
    answer: Localization
    """To the JPEG, by the very file that will carry it."""
    sensitivity: float
    """How far its box moves, 0 to 1, behind wrong colours or a wrong range: what moves tells."""

    @property
    def label(self) -> str:
        return self.answer.label


@dataclass(frozen=True, slots=True)
class Candidate:
    """A labelled picture, and what the two models say of it."""

    example: Example
    floating: Answer
    int8: Answer

    @property
    def sureness(self) -> float:
        """The weakest of all that makes a good example, 0 to 1; 0 where the answer is wrong."""
        found, exact = self.int8.found, self.floating.found
        if found is None or exact is None or found.label != self.example.label:
            return 0.0
        side = min(found.box.width, found.box.height) / _ROBUST
        return min(
            overlap(self.example, self.int8),
            found.box.iou(exact.box),
            found.score,
            self.int8.presence,
            side,
        )


def golden(
    seen: Sequence[Candidate],
    more: Callable[[Iterable[str]], Sequence[Candidate]],
    localizer: Localizer,
) -> dict[str, bytes]:
    """The bundle's files of up to eight golden examples; no file where the model is sure of none.

    seen: held-out pictures.
    more: training pictures of some classes, asked for that the held-out ones lack.
    localizer: of the very file that will carry them; its answers to the stored JPEGs are kept.
    """
    labels = localizer.card.labels
    kept = _kept_of(seen, localizer)
    lacking = [label for label in labels if not any(one.label == label for one in kept)]
    if lacking and (len(labels) <= MOST or not kept):
        kept += _kept_of(more(lacking), localizer)
    # every class in turn, so that each is there where there is room
    order = sorted(kept, key=lambda one: one.sensitivity, reverse=True)
    by_class = [[one for one in order if one.label == label] for label in labels]
    turns = [one for turn in zip_longest(*by_class) for one in turn if one is not None]
    rows = [(one.jpeg, one.prepared, one.answer) for one in turns[:MOST]]
    return golden_files(rows, fingerprint(localizer.prepare(chart()))) if rows else {}


def stored(picture: Image, card_size: tuple[int, int]) -> bytes:
    """The JPEG that stands for ``picture``; what a camera wrote beside its pixels is left out.

    The longest side has about 320 pixels: more where the model's input (width, height) would
    otherwise be enlarged, because a device shrinks its frames.
    """
    height, width = picture.shape[:2]
    needed = max(card_size[0] / width, card_size[1] / height)
    scale = min(max(_LONGEST / max(height, width), needed), _LIMIT / max(height, width), 1.0)
    small = resized(picture, max(round(width * scale), 1), max(round(height * scale), 1))
    good, data = cv2.imencode(
        ".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    )
    if not good:
        raise LocalizerError("a golden example cannot be encoded as JPEG; reinstall OpenCV")
    return data.tobytes()


def _kept_of(seen: Sequence[Candidate], localizer: Localizer) -> list[Kept]:
    """What can be kept of the surest pictures of each class, the surest first."""
    kept: list[Kept] = []
    counts: Counter[str] = Counter()
    for candidate in sorted(seen, key=lambda one: one.sureness, reverse=True):
        label = candidate.example.label
        if label is not None and candidate.sureness >= _SURE and counts[label] < _TRIES:
            example = _kept(candidate, localizer)
            if example is not None:
                kept.append(example)
                counts[label] += 1
    return kept


def _kept(candidate: Candidate, localizer: Localizer) -> Kept | None:
    """What is kept of a candidate; None where the small JPEG is not answered like the picture."""
    card = localizer.card
    jpeg = stored(read_image(candidate.example.path), (card.width, card.height))
    pixels = localizer.prepare(decoded(jpeg, candidate.example.name))
    answer = localizer.decode(localizer.infer(pixels))
    again = Candidate(candidate.example, candidate.int8, answer)
    if answer.found is None or again.sureness < max(_SURE, IOU):
        return None
    found = answer.found
    boxes = {name: _box(localizer, made(pixels)) for name, made in _CHANGES.items()}
    # where rounding alone moves the box, another runtime would as well
    if found.box.iou(boxes.pop("rounding")) < MEAN_IOU:
        return None
    apart = [1.0 - found.box.iou(box) for box in boxes.values()]
    return Kept(jpeg, fingerprint(pixels), found, max(apart))


def _box(localizer: Localizer, pixels: Image) -> Box:
    """Where ``localizer`` sees the object in prepared pixels; an empty box where nowhere."""
    found = localizer.decode(localizer.infer(pixels)).found
    return found.box if found is not None else Box(0.0, 0.0, 0.0, 0.0)


def candidates(floats: Iterable[Answered], pairs: Iterable[Answered]) -> list[Candidate]:
    """Both models' answers to the same examples, put together."""
    both = zip(floats, pairs, strict=True)
    return [Candidate(example, exact, told) for (example, exact), (_, told) in both]


def spread(examples: Sequence[Example], labels: Iterable[str]) -> list[Example]:
    """Up to two dozen examples of each label, in their order."""
    return [
        example
        for label in labels
        for example in [one for one in examples if one.label == label][:_TRIES]
    ]
