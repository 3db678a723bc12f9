"""What a model says where its object is not: empty cuts of test pictures, and films without it.

``python -m benchmarks.emptiness`` asks the model files that ``benchmarks.accuracy`` kept, each on
the pictures that its training held out; nothing is trained.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.kept import Question, asks_kept
from benchmarks.ledger import Row
from benchmarks.moving import answers
from edge.box import Box
from edge.image import Image, read_image
from edge.localizer import load_localizer
from train.example import Example

CUTS = 8
"""Cuts tried of each picture; some pictures leave no room for one."""
_TRIES = 60


def empty_cuts(picture: Image, box: Box, rng: np.random.Generator) -> Iterator[Image]:
    """Up to CUTS parts of ``picture`` that lie wholly beside ``box``, their pixels untouched."""
    height, width = picture.shape[:2]
    for _ in range(CUTS):
        for _ in range(_TRIES):
            across, down = rng.uniform(0.25, 0.8, 2)
            left, top = rng.uniform(0, 1 - across), rng.uniform(0, 1 - down)
            cut = Box(left, top, left + across, top + down)
            if cut.intersection(box) == 0:
                x1, y1, x2, y2 = cut.in_pixels(width, height)
                yield picture[y1:y2, x1:x2]
                break


def auroc(there: Sequence[float], nothing: Sequence[float]) -> float:
    """The chance that one of ``there`` is above one of ``nothing``; a tie counts half."""
    a, b = np.asarray(there)[:, None], np.asarray(nothing)[None]
    return float((a > b).mean() + 0.5 * (a == b).mean())


def cut_figures(model: Path, examples: Sequence[Example], seed: int = 0) -> Row:
    """How well the presence of ``model`` tells ``examples`` from empty cuts of them."""
    localizer, _ = load_localizer(model, threads=2)
    rng = np.random.default_rng(seed)
    full, empty = [], []
    for example in examples:
        if example.box is not None:
            picture = read_image(example.path)
            full.append(localizer(picture))
            empty += [localizer(cut) for cut in empty_cuts(picture, example.box, rng)]
    return {
        "pictures": len(full),
        "cuts": len(empty),
        "auroc": round(auroc([a.presence for a in full], [a.presence for a in empty]), 4),
        "threshold": localizer.card.presence_threshold,
        "alarms": sum(a.found is not None for a in empty),
        "missed": sum(a.found is None for a in full),
    }


def silence(model: Path, film: Path) -> Row:
    """In how many frames of a film without the object edge-run finds nothing."""
    told, _ = answers(model, film)
    return {"frames": len(told), "silent": sum(box is None for box in told)}


def emptiness(asked: Question) -> Row:
    """What is found in cuts without the object, and in films without it."""
    films = sorted((asked.data / "video").glob("*.mp4"))
    return cut_figures(asked.model, asked.examples) | {
        "films": {film.name: silence(asked.model, film) for film in films}
    }


main = asks_kept(
    "emptiness",
    emptiness,
    "pets",
    "Measure what is missing of answers where nothing is, then write RESULTS.md.",
)


if __name__ == "__main__":
    main()
