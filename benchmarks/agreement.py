"""How far eight bits stray from the float network: both asked about the same validation pictures.

``python -m benchmarks.agreement`` converts the networks that ``benchmarks.accuracy`` kept once
more, plainly, as the project does it today; nothing is trained, no test picture is looked at. Two
answers need no truth to be compared, so a few pictures say much more of a conversion than their
overlap with hand-drawn boxes does.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.kept import Question, asks_kept
from benchmarks.ledger import Row
from convert.quantize import full_int8
from edge.bundle import write_model
from edge.card import with_card
from edge.decode import answer
from edge.localizer import Localizer, load_localizer
from edge.observation import Localization
from edge.tensors import Floats
from train.floating import float_localizer, load_model
from train.photos import prepared
from train.presence import Views, views_of

Outputs = Mapping[str, Floats]


def compared(exact: Localizer, rounded: Localizer, views: Views) -> Row:
    """How alike both answer, whatever their thresholds.

    ``boxes`` is the mean IoU of their boxes; ``presence`` and ``presence_empty`` are the mean
    difference of their logits, whatever its sign.
    """
    full, empty = ([(exact.infer(one), rounded.infer(one)) for one in of] for of in views)
    card = replace(exact.card, presence_threshold=0.0)
    overlaps = [_overlap(*(answer(one, card).found for one in pair)) for pair in full]
    return {
        "pictures": len(full),
        "empty": len(empty),
        "boxes": round(float(np.mean(overlaps)), 4),
        "presence": _apart(full),
        "presence_empty": _apart(empty),
    }


def _overlap(one: Localization | None, other: Localization | None) -> float:
    return one.box.iou(other.box) if one is not None and other is not None else 0.0


def _apart(pairs: Sequence[tuple[Outputs, Outputs]]) -> float | None:
    apart = [abs(float(a["presence"][0]) - float(b["presence"][0])) for a, b in pairs]
    return round(float(np.mean(apart)), 3) if apart else None


def agreement(asked: Question) -> Row:
    """Of a kept network, on the validation pictures of its fold."""
    model = load_model(asked.model.with_suffix(".keras"))
    card, lists = load_localizer(asked.model)[0].card, asked.lists
    calibrate = list(prepared(lists.train[:200], card.width))
    views = views_of(lists.validation, card.width, 0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "again.tflite")
        write_model(path, with_card(full_int8(model, calibrate), card))
        return compared(float_localizer(model, card), load_localizer(path, threads=2)[0], views)


main = asks_kept(
    "agreement",
    agreement,
    "pets",
    "Measure what is missing of float and int8 answers side by side, then write RESULTS.md.",
)


if __name__ == "__main__":
    main()
