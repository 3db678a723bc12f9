"""Pictures on a page, with the box of truth and the box that was found drawn over them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from edge.box import Box
from edge.image import Image, read_image, resized
from edge.observation import Answer
from train.example import Example
from train.pages.page import inlined
from train.report import Answered, overlap
from train.sheet import goodness

_SIDE = 320  # pixels; sharp on a phone, and three dozen of them stay below a megabyte
MOST_WORST, MOST_BEST = 18, 6


def extremes(pairs: Sequence[Answered]) -> tuple[list[Answered], list[Answered]]:
    """The worst pictures, the worst first, and the best of the others, the best first."""
    ordered = sorted(pairs, key=goodness)
    best = min(MOST_BEST, len(ordered) // 3)
    rest, good = ordered[: len(ordered) - best], ordered[len(ordered) - best :]
    return rest[:MOST_WORST], good[::-1]


def gallery(pairs: Sequence[Answered]) -> str:
    """``pairs`` as figures beside each other."""
    return f'<div class="shots">{"".join(_shot(*pair) for pair in pairs)}</div>'


KEY = (
    '<p class="note"><span class="key truth"></span>what a person drew, '
    '<span class="key found"></span>what the model found</p>'
)
"""What the colours of a gallery mean, as HTML."""


def _shot(example: Example, answer: Answer) -> str:
    picture = _small(read_image(example.path))
    height, width = picture.shape[:2]
    boxes = _rectangle(example.box, "truth", width, height)
    found = answer.found
    if found is not None:
        boxes += _rectangle(found.box, "found", width, height)
    truth = example.label if example.label is not None else "nothing"
    told = f"{found.label} {found.score:.2f}" if found is not None else "nothing found"
    lines = [f"<b>{escape(told)}</b>"]
    if found is None or found.label != truth:
        lines[0] += f", is {escape(truth)}"
    if example.box is not None:
        lines.append(f"IoU {overlap(example, answer):.2f}")
    lines.append(escape(example.name))
    return (
        f'<figure><svg viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(f"{example.name}: {told}, is {truth}")}">'
        f'<image href="{inlined(picture)}" width="{width}" height="{height}"/>{boxes}</svg>'
        f"<figcaption>{'<br>'.join(lines)}</figcaption></figure>"
    )


def _rectangle(box: Box | None, style: str, width: int, height: int) -> str:
    if box is None:
        return ""
    left, top, right, bottom = box.clipped().edges
    place = (
        f'x="{left * width:.1f}" y="{top * height:.1f}" width="{(right - left) * width:.1f}" '
        f'height="{(bottom - top) * height:.1f}"'
    )
    return f'<rect class="rim" {place}/><rect class="{style}" {place}/>'


def _small(image: Image) -> Image:
    height, width = image.shape[:2]
    scale = min(_SIDE / max(height, width), 1.0)
    return resized(image, max(round(width * scale), 1), max(round(height * scale), 1))
