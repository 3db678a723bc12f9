"""Charts as inline SVG, legible on a phone: curves over epochs, and confidence against truth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH, HEIGHT = 420, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 12, 42
BINS = 10


def curves(
    epochs: Sequence[float], lines: Mapping[str, Sequence[float]], marked: float | None = None
) -> str:
    """One or two lines over ``epochs``.

    lines: values by name, a value for each epoch; NaN leaves a gap.
    marked: the epoch that gets a dotted line, such as the one that was kept.
    """
    known = [value for values in lines.values() for value in values if math.isfinite(value)]
    if not known:
        return "<p>No epoch was trained.</p>"
    ticks = _ticks(min(known), max(known))
    across = _Scale(min(epochs), max(epochs), _LEFT, WIDTH - _RIGHT)
    down = _Scale(ticks[0], ticks[-1], HEIGHT - _BOTTOM, _TOP)
    parts = [_rows(down, ticks)]
    parts += [
        f'<text x="{across(epoch):.1f}" y="{HEIGHT - 25}" text-anchor="middle">{epoch:g}</text>'
        for epoch in _whole(min(epochs), max(epochs))
    ]
    if marked is not None:
        x = across(marked)
        parts.append(
            f'<line class="mark" x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{HEIGHT - _BOTTOM}"/>'
        )
    for style, (name, values) in zip(("first", "second"), lines.items(), strict=False):
        points = [
            (across(epoch), down(value))
            for epoch, value in zip(epochs, values, strict=True)
            if math.isfinite(value)
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(
            f'<polyline class="{style}" points="{path}"><title>{escape(name)}</title></polyline>'
        )
        if len(points) == 1:  # a line of one epoch has no length
            x, y = points[0]
            parts.append(f'<circle class="{style}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>')
    parts.append(_legend(list(lines)))
    last = ", ".join(f"{name} {values[-1]:.3f}" for name, values in lines.items())
    told = f"{len(epochs)} epochs; at the last {last}"
    return _drawing(parts, told)


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of about the same confidence."""

    confidence: float
    """Their mean."""
    right: float
    """The share of them that is right."""
    count: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """Whether a confidence is what it says."""

    bins: Sequence[Bin]
    error: float
    """The mean distance of confidence and share right, weighted by count: the expected
    calibration error (Naeini 2015)."""

    @property
    def count(self) -> int:
        return sum(one.count for one in self.bins)


def reliability(confidences: Sequence[float], right: Sequence[bool]) -> Reliability | None:
    """Answers in BINS bins of equal width; None where there is no answer."""
    if not confidences:
        return None
    sure, good = np.asarray(confidences, float), np.asarray(right, float)
    places = np.clip((sure * BINS).astype(int), 0, BINS - 1)
    bins = [
        Bin(float(sure[here].mean()), float(good[here].mean()), int(here.sum()))
        for here in (places == place for place in range(BINS))
        if here.any()
    ]
    error = sum(abs(one.confidence - one.right) * one.count for one in bins) / len(sure)
    return Reliability(bins, float(error))


def reliability_plot(of: Reliability) -> str:
    """A dot for each bin, its area by its count; on the diagonal the confidence is true."""
    across = _Scale(0, 1, _LEFT, WIDTH - _RIGHT)
    down = _Scale(0, 1, HEIGHT - _BOTTOM, _TOP)
    parts = [_rows(down, [0, 0.25, 0.5, 0.75, 1])]
    parts += [
        f'<text x="{across(at):.1f}" y="{HEIGHT - 25}" text-anchor="middle">{at:g}</text>'
        for at in (0, 0.25, 0.5, 0.75, 1)
    ]
    parts.append(
        f'<line class="mark" x1="{across(0):.1f}" y1="{down(0):.1f}" x2="{across(1):.1f}" '
        f'y2="{down(1):.1f}"/>'
    )
    most = max(one.count for one in of.bins)
    for one in of.bins:
        radius = 3 + 9 * math.sqrt(one.count / most)
        parts.append(
            f'<circle class="bin" cx="{across(one.confidence):.1f}" cy="{down(one.right):.1f}" '
            f'r="{radius:.1f}"><title>confidence {one.confidence:.2f}: {one.right:.2f} of '
            f"{one.count} right</title></circle>"
        )
    parts.append(f'<text x="{WIDTH - _RIGHT}" y="{HEIGHT - 5}" text-anchor="end">confidence</text>')
    told = "; ".join(f"{one.confidence:.2f}: {one.right:.2f} of {one.count}" for one in of.bins)
    return _drawing(parts, f"share right by confidence: {told}")


@dataclass(frozen=True, slots=True)
class _Scale:
    """From values to places in the drawing."""

    least: float
    most: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.least) / ((self.most - self.least) or 1.0)
        return self.start + share * (self.end - self.start)


def _ticks(least: float, most: float) -> list[float]:
    """Round values from below ``least`` to above ``most``, about five of them."""
    span = (most - least) or abs(most) or 1.0
    raw = span / 4
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * times for times in (1, 2, 2.5, 5, 10) if power * times >= raw * 0.999)
    first, last = math.floor(least / step), math.ceil(most / step)
    return [at * step for at in range(first, max(last, first + 1) + 1)]


def _whole(least: float, most: float) -> list[int]:
    """A few round numbers from ``least`` to ``most``, and these two."""
    step = next(s * 10**p for p in range(9) for s in (1, 2, 5) if (most - least) / (s * 10**p) < 6)
    inside = range(step, int(most), step)
    apart = [at for at in inside if at - least >= step / 2 and most - at >= step / 2]
    return sorted({round(least), *apart, round(most)})


def _rows(down: _Scale, ticks: Sequence[float]) -> str:
    return "".join(
        f'<line x1="{_LEFT}" y1="{down(at):.1f}" x2="{WIDTH - _RIGHT}" y2="{down(at):.1f}"/>'
        f'<text x="{_LEFT - 6}" y="{down(at) + 4:.1f}" text-anchor="end">{at:.4g}</text>'
        for at in ticks
    )


def _legend(names: Sequence[str]) -> str:
    x, parts = float(_LEFT), []
    for style, name in zip(("first", "second"), names, strict=False):
        parts.append(
            f'<line class="{style}" x1="{x:.0f}" y1="{HEIGHT - 9}" x2="{x + 22:.0f}" '
            f'y2="{HEIGHT - 9}"/><text class="{style}" x="{x + 27:.0f}" y="{HEIGHT - 5}">'
            f"{escape(name)}</text>"
        )
        x += 45 + 8 * len(name)
    return "".join(parts)


def _drawing(parts: Sequence[str], told: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(told)}">'
        f"{''.join(parts)}</svg>"
    )
