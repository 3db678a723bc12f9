"""What comes of a fault, and how it is measured on a running ``edge-run``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.edge_run import EdgeRun, answered_at, longest_gap

TESTS = Path(__file__).parents[2] / "tests"
FPS = 10
"""Frames per second of the fake camera here, so that work beside it loses none."""


class Lacking(Exception):
    """What this machine lacks for a scene, in words."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a fault."""

    told: str
    """The sentence in the log, without what differs from run to run."""
    noticed_s: float | None
    """Seconds from the fault to that sentence; None where nothing has to be told."""
    fresh_s: float
    """Seconds until the next fresh answer: from the fault, or from when its cause had gone."""
    counted: str
    """From what ``fresh_s`` is counted: "the fault" or "its end"."""
    lost: int
    """Frames that nobody answered: the longest gap between two answers, at the camera's rate."""
    written: str
    """What was written meanwhile, looked at after the run."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One fault to be made."""

    fault: str
    make: Callable[[Path, Path], Outcome]
    """Takes an empty folder and the tests' tiny model with its card."""


def shown(model: Path, *options: object) -> tuple[object, ...]:
    """Options of an ``edge-run`` on the fake camera, and more."""
    return "--camera", "fake:rectangle", "--fps", FPS, "--model", model, *options


def lost_frames(run: EdgeRun, since: float, rate: float = FPS) -> int:
    """How many frames the longest gap between two answers was, from ``since`` on."""
    return max(0, round(longest_gap(run.lines, since) * rate) - 1)


def whole_lines(run: EdgeRun) -> str:
    """What the lines are worth: they were parsed when they came."""
    indices = [line["index"] for line in run.lines]
    assert indices == sorted(set(indices)), "frames twice or out of order"
    assert run.stop() == 0, run.said
    return f"{len(indices)} whole JSON lines, in order"


def from_fault(run: EdgeRun, moment: float, part: str, told: str, after: float = 0.0) -> Outcome:
    """Of a fault at ``moment`` that the boxes need not wait to end."""
    noticed, _ = run.says(part, after=moment)
    fresh = run.box(after=max(moment, after))
    run.box(after=noticed)
    lost = lost_frames(run, moment)
    return Outcome(
        told, noticed - moment, answered_at(fresh) - moment, "the fault", lost, whole_lines(run)
    )


def from_end(
    run: EdgeRun, moment: float, noticed: float, back: float, told: str, rate: float
) -> Outcome:
    """Of a fault at ``moment`` that the boxes wait to end, as it does at ``back``."""
    fresh = answered_at(run.box(after=back)) - back
    lost = lost_frames(run, moment, rate)
    return Outcome(told, noticed - moment, fresh, "its end", lost, whole_lines(run))
