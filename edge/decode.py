"""A model's raw outputs become an answer: numpy only, the same for float and int8."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from edge.box import Box
from edge.card import FINISHED_BOX, Card
from edge.observation import Answer, Localization
from edge.tensors import Floats, decoded_names


def softmax(logits: Floats, axis: int = -1) -> Floats:
    """Shares that add up to 1 along ``axis``."""
    raised = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return np.asarray(raised / raised.sum(axis=axis, keepdims=True), np.float32)


def sigmoid(logit: float) -> float:
    """A logit as a probability."""
    return float(0.5 * (1.0 + np.tanh(0.5 * logit)))


def box_from_maps(attention: Floats, offsets: Floats, offset_scale: float) -> Box:
    """The box that the edge maps of one picture vote for.

    attention: logits, shape (rows, columns, 4): where to look for each edge.
    offsets: shape (rows, columns, 4): how far each edge lies outward from the cell's centre, in
        units of ``offset_scale`` of the picture.
    Each edge (left, top, right, bottom) is the mean, over the cells, of centre plus offset,
    weighted by the softmax of its attention.
    """
    rows, columns, _ = attention.shape
    centres, outward = _cells(rows, columns)
    raised = np.exp(attention - attention.max(axis=(0, 1)))
    places = offsets * (outward * np.float32(offset_scale))
    places += centres
    places *= raised
    edges = places.reshape(-1, 4).sum(axis=0) / raised.reshape(-1, 4).sum(axis=0)
    return Box.spanned((edges[0], edges[1], edges[2], edges[3]))


@lru_cache(maxsize=4)  # a run has one model
def _cells(rows: int, columns: int) -> tuple[Floats, Floats]:
    """Each cell's centre as each edge counts it, (rows, columns, 4), and which way is outward."""
    centres = np.empty((rows, columns, 4), np.float32)
    centres[..., 0::2] = ((np.arange(columns, dtype=np.float32) + 0.5) / columns)[None, :, None]
    centres[..., 1::2] = ((np.arange(rows, dtype=np.float32) + 0.5) / rows)[:, None, None]
    return centres, np.array([-1, -1, 1, 1], np.float32)


def box_of(outputs: Mapping[str, Floats], card: Card) -> Box:
    """The box that finite ``outputs`` stand for, whatever their order and range."""
    if card.decode == FINISHED_BOX:
        return Box.spanned(outputs["box"])
    return box_from_maps(outputs["attention"], outputs["offsets"], card.offset_scale)


def scores_of(outputs: Mapping[str, Floats], card: Card) -> Floats:
    """The share of each class, shape (classes,); a model of one class need not tell it."""
    if "label" not in outputs:
        return np.ones(1, np.float32)
    return softmax(outputs["label"] / np.float32(card.temperature))


def answer(outputs: Mapping[str, Floats], card: Card, threshold: float | None = None) -> Answer:
    """What ``outputs`` say of one picture.

    outputs: float32 without a batch axis, by the names in ``edge.tensors``: attention and offsets
        of shape (rows, columns, 4), or a box of shape (4,) in fractions of the picture, left, top,
        right, bottom; label logits of shape (classes,) and one presence logit of shape (1,).
    threshold: the presence, 0 to 1, under which a box is withheld; None is the card's.
    """
    # once: reading may mean dequantizing
    read = {name: outputs[name] for name in decoded_names(outputs)}
    presence = sigmoid(float(read["presence"][0])) if "presence" in read else 1.0
    # An output that is no finite number finds nothing; NaN >= threshold is false too.
    finite = all(np.isfinite(values).all() for values in read.values())
    if not finite:
        return Answer(None, presence)
    scores = scores_of(read, card)
    best = int(scores.argmax())
    box = box_of(read, card)
    located = Localization(box, card.labels[best], float(scores[best]))
    if presence >= (card.presence_threshold if threshold is None else threshold):
        return Answer(located, presence)
    return Answer(None, presence, withheld=located)
