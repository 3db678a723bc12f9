"""The benchmark's figures, computed from its rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

import numpy as np

from edge.bench.measure import PACE, Round, Weighed

Figures = Mapping[str, float]

GOALS: Mapping[str, tuple[str, float]] = {
    "efficiency": (">=", 0.96),
    "added_ms_p50": ("<=", 0.8),
    "paced_efficiency": (">=", 0.98),
    "cpu_ratio": ("<=", 1.4),
    "blocking_ratio": (">=", 1.5),
    "rss_mb": ("<=", 150.0),
    "first_box_s": ("<=", 0.6),
    "soak_mb_per_100k": ("<", 1.0),
    "soak_more_descriptors": ("<=", 0),
    "soak_more_threads": ("<=", 0),
}
"""What is aimed at with one thread on two free x86 cores, and a model of 224 pixels."""


def figures(rounds: Sequence[Round]) -> dict[str, float]:
    """Medians over the rounds; ratios are taken within each round, where conditions are alike.

    Milliseconds end in ``_ms_p50`` and ``_ms_p99``, over all frames of a round. Ages run from the
    moment of capture to the answer.
    """
    each = [_of_one(one) for one in rounds]
    return {name: median(one[name] for one in each) for name in each[0]}


def quietest(rounds: Sequence[Round]) -> dict[str, float]:
    """The figures of the round in which other programs worked least."""
    return _of_one(min(rounds, key=lambda one: one.other_cores))


def soaked(weighed: Sequence[Weighed]) -> dict[str, float]:
    """What a long run held, and by how much that grew."""
    first, last = weighed[0], weighed[-1]
    return {
        "soak_mb_per_100k": slope_mb(weighed),
        "soak_first_mb": first.megabytes,
        "soak_last_mb": last.megabytes,
        "soak_descriptors": last.descriptors,
        "soak_more_descriptors": last.descriptors - first.descriptors,
        "soak_threads": last.threads,
        "soak_more_threads": last.threads - first.threads,
    }


def slope_mb(weighed: Sequence[Weighed]) -> float:
    """Megabytes by which memory grows in 100,000 frames, by a line through the later half.

    The first half warms up caches and pools.
    """
    later = [(one.frames, one.megabytes) for one in weighed[len(weighed) // 2 :]]
    if len(later) < 2:
        return 0.0
    frames, megabytes = np.array(later, np.float64).T
    return float(np.polyfit(frames, megabytes, 1)[0] * 100_000)


def missed(found: Figures) -> list[str]:
    """One sentence for each figure that misses its goal."""
    goals = dict(GOALS) | {"age_ms_p99": ("<=", 2 * found["bare_ms_p50"] + 1)}
    return [
        f"{name} is {found[name]:.3g}, its goal is {sign} {goal:.3g}"
        for name, (sign, goal) in goals.items()
        if name in found and not (found[name] >= goal if sign == ">=" else found[name] <= goal)
    ]


def _of_one(one: Round) -> dict[str, float]:
    bare_ms = _percentile(one.bare_ms, 50)
    possible = min(one.source_fps, one.bare_fps)
    return {
        "bare_ms_p50": bare_ms,
        "bare_ms_p99": _percentile(one.bare_ms, 99),
        "bare_fps": one.bare_fps,
        "loop_fps": one.loop.fps,
        "efficiency": one.loop.fps / possible,
        "added_ms_p50": _percentile(one.loop.ages_ms, 50) - bare_ms,
        "cpu_ratio": one.loop.cpu_ms / one.bare_cpu_ms,
        "reference_fps": one.reference.fps,
        "reference_efficiency": one.reference.fps / possible,
        "reference_cpu_ratio": one.reference.cpu_ms / one.bare_cpu_ms,
        "paced_fps": one.paced_loop.fps,
        "paced_efficiency": one.paced_loop.fps / min(PACE, one.bare_fps),
        "age_ms_p50": _percentile(one.paced_loop.ages_ms, 50),
        "age_ms_p99": _percentile(one.paced_loop.ages_ms, 99),
        "reference_paced_fps": one.paced_reference.fps,
        "reference_age_ms_p50": _percentile(one.paced_reference.ages_ms, 50),
        "reference_age_ms_p99": _percentile(one.paced_reference.ages_ms, 99),
        "blocking_fps": one.blocking_loop.fps,
        "blocking_age_ms_p50": _percentile(one.blocking_loop.ages_ms, 50),
        "reference_blocking_fps": one.blocking_reference.fps,
        "reference_blocking_age_ms_p50": _percentile(one.blocking_reference.ages_ms, 50),
        "blocking_ratio": one.blocking_loop.fps / one.blocking_reference.fps,
        "other_cores": one.other_cores,
    }


def _percentile(values: Sequence[float], share: float) -> float:
    return float(np.percentile(values, share))
