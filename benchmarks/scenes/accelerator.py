"""An accelerator whose process crashes or hangs."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.edge_run import EdgeRun, answered_at
from benchmarks.scenes.outcome import (
    TESTS,
    Lacking,
    Outcome,
    from_fault,
    lost_frames,
    shown,
    whole_lines,
)


@contextmanager
def _delegated(folder: Path, model: Path) -> Iterator[tuple[EdgeRun, Callable[[str], None]]]:
    """A run on the tests' stand-in for an accelerator, and what tells that how to behave."""
    if shutil.which("cc") is None:
        raise Lacking("a C compiler")
    library, behaviour = folder / "libstandin.so", folder / "behaviour"
    source = str(TESTS / "edge/standin_delegate.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-pthread", source, "-o", library], check=True)

    def behave(word: str) -> None:
        beside = behaviour.with_suffix(".part")
        beside.write_text(word)
        beside.replace(behaviour)

    behave("load")
    environment = {"STANDIN_DELEGATE": str(behaviour)}
    with EdgeRun(*shown(model, "--delegate", library), environment=environment) as run:
        run.says("the accelerator answers")
        run.settled()
        yield run, behave


def delegate_crashed(folder: Path, model: Path) -> Outcome:
    with _delegated(folder, model) as (run, behave):
        moment = time.monotonic()
        behave("crash")
        return from_fault(
            run, moment, "the CPU goes on", "the accelerator's driver crashed …; the CPU goes on"
        )


def delegate_hung(folder: Path, model: Path) -> Outcome:
    with _delegated(folder, model) as (run, behave):
        moment = time.monotonic()
        behave("hang")
        noticed, _ = run.says("the CPU goes on", after=moment)
        # Boxes until the driver really stood still were its own.
        fresh = run.box(after=noticed - 1.0)
        while answered_at(fresh) < noticed:
            fresh = run.box(after=fresh["captured_at"])
        lost = lost_frames(run, moment)
        told = "the accelerator gave no answer …; the CPU goes on"
        return Outcome(
            told,
            noticed - moment,
            answered_at(fresh) - moment,
            "the fault",
            lost,
            whole_lines(run),
        )
