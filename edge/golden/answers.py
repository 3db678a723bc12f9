"""What wrong answers to the right pixels look like: each known mistake is undone in turn.

The first that makes the examples right again is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import permutations

import numpy as np

from edge.box import Box
from edge.card import FINISHED_BOX, Card
from edge.golden.seen import (
    DRIFT,
    ENOUGH,
    IOU,
    MEAN_IOU,
    MIXED,
    SCORE,
    Seen,
    Told,
    all_fit,
    decoded,
    step,
    tell,
)
from edge.localizer import Localizer
from edge.observation import Localization
from edge.tensors import BOX_OUTPUTS, OUTPUTS, Floats

Pair = tuple[Seen, Localization]
"""An example and what was found in it instead."""


def wrong_answers(seen: Sequence[Seen], told: Sequence[Told], localizer: Localizer) -> str:
    """The likeliest cause for answers that are not the workstation's."""
    return next(_causes(seen, told, localizer))


def _causes(seen: Sequence[Seen], told: Sequence[Told], localizer: Localizer) -> Iterator[str]:
    failures = [one.failure for one in told if one.outputs is None]
    if failures:
        yield f"the runtime fails ({failures[0]})"
    outputs = [one.outputs for one in told if one.outputs is not None]
    names = _names(outputs, localizer.card)
    yield from _broken(outputs, names)
    for order in _exchanges(names):
        if all_fit(seen, [_renamed(one, order, localizer) for one in outputs]):
            moved = [name for name in names if order[name] != name]
            yield f"the outputs {', '.join(moved[:-1])} and {moved[-1]} are exchanged"
    if localizer.card.decode == FINISHED_BOX:
        yield from _edges_in_another_order(seen, outputs, localizer)
    for name, undone in MIXED.items():
        if all_fit(seen, [tell(undone(one.pixels), localizer) for one in seen]):
            yield f"{name} between the prepared pixels and the answer"
    if all_fit(seen, [tell(one.pixels ^ np.uint8(128), localizer) for one in seen]):
        yield "the runtime takes the pixels in another range (shifted by 128)"
    undecoded = [one.failure for one in told if one.failure]
    if undecoded:
        yield f"the outputs cannot be decoded ({undecoded[0]})"
    missed = [one.example.name for one, a in zip(seen, told, strict=True) if a.found is None]
    if missed:
        yield f"nothing is found in {', '.join(missed)}"
    found = [one.found for one in told if one.found is not None]
    pairs = list(zip(seen, found, strict=True))
    yield from _moved(pairs)
    yield _worst(pairs)


def _names(outputs: Sequence[Mapping[str, Floats]], card: Card) -> tuple[str, ...]:
    """The outputs that a model with that card gives."""
    if card.decode != FINISHED_BOX:
        return OUTPUTS
    given = {name for one in outputs for name in one}
    needed = {"box", "label"} if len(card.labels) > 1 else {"box"}
    return tuple(name for name in BOX_OUTPUTS if name in needed | given)


def _broken(outputs: Sequence[Mapping[str, Floats]], names: Sequence[str]) -> Iterator[str]:
    """What is wrong with the numbers themselves, if anything."""
    for name in names:
        values = [np.asarray(one.get(name, ())) for one in outputs]
        if any(value.size == 0 for value in values):
            yield f"the runtime gives no output {name}"
        if any(np.isnan(value).any() for value in values):
            yield f"the runtime answers NaN (in {name})"
        if not all(np.isfinite(value).all() for value in values):
            yield f"the runtime answers numbers that are not finite (in {name})"
    if not any(np.any(one[name]) for one in outputs for name in names):
        yield "the runtime answers zeros"
    # a quantized zero is some other number after its scale
    where = [name for name in names if name in ("attention", "offsets", "box")]
    if all(np.ptp(one[name]) == 0 for one in outputs for name in where):
        yield "the runtime answers one number everywhere"
    same = all(np.array_equal(outputs[0][name], one[name]) for one in outputs for name in names)
    if len(outputs) > 1 and same:
        yield "the runtime answers the same, whatever picture it is given"


def _exchanges(names: Sequence[str]) -> list[dict[str, str]]:
    """Every other order of the outputs, exchanges of two first."""
    orders = [dict(zip(names, order, strict=True)) for order in permutations(names)]
    return sorted(orders, key=lambda order: sum(a != b for a, b in order.items()))[1:]


def _renamed(outputs: Mapping[str, Floats], order: Mapping[str, str], localizer: Localizer) -> Told:
    renamed = {name: outputs[order[name]] for name in order}
    shapes = {name: np.shape(values) for name, values in renamed.items()}
    classes = (len(localizer.card.labels),)
    ours = (
        len(shapes.get("attention", (1, 1, 4))) == 3
        and shapes.get("attention") == shapes.get("offsets")
        and shapes.get("box", (4,)) == (4,)
        and shapes.get("label", classes) == classes
        and shapes.get("presence", (1,)) == (1,)
    )
    return decoded(renamed, localizer) if ours else Told(outputs, None)


def _edges_in_another_order(
    seen: Sequence[Seen], outputs: Sequence[Mapping[str, Floats]], localizer: Localizer
) -> Iterator[str]:
    """Whether the box's four numbers stand in another order than the card's kind wants."""
    for places in list(permutations(range(4)))[1:]:
        moved = [{**one, "box": np.asarray(one["box"])[list(places)]} for one in outputs]
        if all_fit(seen, [decoded(one, localizer) for one in moved]):
            given = [_EDGES[places.index(place)] for place in range(4)]
            yield f"the box's edges come in another order ({', '.join(given)})"


def _moved(pairs: Sequence[Pair]) -> Iterator[str]:
    """What one mistake in labels or boxes explains all answers."""
    boxes_fit = _boxes_fit(pairs, lambda box: box)
    labels = {one.example.answer.label: answer.label for one, answer in pairs}
    if boxes_fit and _is_order(labels, pairs):
        told = ", ".join(f"{a!r} is told as {b!r}" for a, b in labels.items() if a != b)
        yield f"the labels are in another order ({told})"
    for name, undone in _TURNS.items():
        if not boxes_fit and _boxes_fit(pairs, undone):
            yield f"{name} in the boxes"
    steps = [step(one.example.answer.box, answer.box) for one, answer in pairs]
    across, down = (float(part) for part in np.median(steps, axis=0))

    def back(box: Box) -> Box:
        return Box(box.left - across, box.top - down, box.right - across, box.bottom - down)

    if max(abs(across), abs(down)) > DRIFT and _boxes_fit(pairs, back):
        yield f"every box is shifted by {across:+.3f} of the width and {down:+.3f} of the height"


def _boxes_fit(pairs: Sequence[Pair], undone: Callable[[Box], Box]) -> bool:
    return all(undone(answer.box).iou(one.example.answer.box) >= IOU for one, answer in pairs)


def _is_order(labels: Mapping[str, str], pairs: Sequence[Pair]) -> bool:
    """Whether each label is always told as one other, and no two as the same."""
    steady = all(labels[one.example.answer.label] == answer.label for one, answer in pairs)
    other = any(a != b for a, b in labels.items())
    return steady and other and len(set(labels.values())) == len(labels)


def _worst(pairs: Sequence[Pair]) -> str:
    """The example that is furthest off, in numbers."""
    one, answer = min(pairs, key=lambda pair: pair[0].example.answer.box.iou(pair[1].box))
    overlap = one.example.answer.box.iou(answer.box)
    if overlap < IOU:
        return (
            f"the box of {one.example.name} overlaps the stored one by {overlap:.2f}, under {IOU}"
        )
    for one, answer in pairs:
        if answer.label != one.example.answer.label:
            wanted = one.example.answer.label
            return f"{one.example.name} is told as {answer.label!r} and not as {wanted!r}"
    mean = np.mean([one.example.answer.box.iou(answer.box) for one, answer in pairs])
    if len(pairs) >= ENOUGH and mean < MEAN_IOU:
        return f"the boxes overlap the stored ones by {mean:.3f} on average, under {MEAN_IOU}"
    one, answer = max(pairs, key=lambda pair: abs(pair[0].example.answer.score - pair[1].score))
    return (
        f"the score of {one.example.name} is {answer.score:.2f}, more than {SCORE} from the stored "
        f"{one.example.answer.score:.2f}; its temperature may be another"
    )


_EDGES = ("left", "top", "right", "bottom")
_TURNS: Mapping[str, Callable[[Box], Box]] = {
    "left and right are exchanged": Box.mirrored,
    "top and bottom are exchanged": lambda b: Box(b.left, 1 - b.bottom, b.right, 1 - b.top),
    "rows and columns are exchanged": lambda b: Box(b.top, b.left, b.bottom, b.right),
}
