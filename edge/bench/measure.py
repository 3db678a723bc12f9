"""One round of the benchmark: everything that is compared, right after each other."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

from edge.bench.camera import Camera, Capture, Memory, frames
from edge.bench.straight import straight
from edge.drawing import drawn
from edge.image import Image
from edge.latest import Latest
from edge.localizer import Localizer, Stages
from edge.loop import run
from edge.observation import Observation
from edge.runtime import Network
from edge.sinks import Sink
from edge.sinks.jsonlines import JsonLines

PACE = 30.0
"""Frames per second of the paced camera."""
_HELD = ("fd", "task")  # the kernel's folders of open files and of threads of a process
_SLOWER = 1.1  # of an inference: the period of the camera whose read blocks as long as one


class Overlay:
    """Draws the box, as a window or a recording would want it."""

    def write(self, observation: Observation) -> None:
        drawn(observation.frame.pixels, observation.answer)


class Stopwatch:
    """Notes when each frame was answered and how old it was then."""

    def __init__(self) -> None:
        self.answered: list[float] = []
        self.ages_ms: list[float] = []

    def write(self, observation: Observation) -> None:
        self.answered.append(observation.answered_at)
        self.ages_ms.append(observation.age_ms)

    @property
    def fps(self) -> float:
        """Answers per second, from the first to the last; 0 for fewer than two."""
        if len(self.answered) < 2:
            return 0.0
        return (len(self.answered) - 1) / (self.answered[-1] - self.answered[0])


class Weighed(NamedTuple):
    """What a process holds at one moment of a long run."""

    frames: int
    """So far."""
    megabytes: float
    """Of memory."""
    descriptors: int
    threads: int


@dataclass(frozen=True, slots=True)
class Run:
    """What one way of running showed."""

    fps: float
    ages_ms: Sequence[float]
    """Of each answered frame, at its answer."""
    cpu_ms: float
    """Of the whole process, for each answer."""


@dataclass(frozen=True, slots=True)
class Round:
    """One of each."""

    bare_ms: Sequence[float]
    """Of each inference."""
    bare_fps: float
    bare_cpu_ms: float
    """Of the whole process, for each inference."""
    source_fps: float
    """Of the unlimited source alone."""
    loop: Run
    """From the unlimited source."""
    reference: Run
    paced_loop: Run
    """From a camera of 30 frames per second."""
    paced_reference: Run
    blocking_loop: Run
    """From a camera whose read blocks as long as one inference."""
    blocking_reference: Run
    other_cores: float
    """How many cores other programs kept busy meanwhile."""


class Bench:
    """A model with all that a round needs."""

    def __init__(
        self, localizer: Localizer, network: Network, pictures: Sequence[Image], lines: JsonLines
    ) -> None:
        """localizer: over ``network``, so that every way of running uses the same interpreter."""
        self._localizer, self._network, self._pictures = localizer, network, pictures
        self._sinks: list[Sink] = [Overlay(), lines]

    def round(self, count: int, ticks: int) -> Round:
        """One of each: ``count`` frames without a pace, ``ticks`` of the paced camera."""
        busy, own, start = _busy_s(), time.process_time(), time.perf_counter()
        bare_ms, bare_fps, bare_cpu_ms = self._bare(count)
        loop = self._looped(Memory(self._pictures, count))
        reference = self._straight(Memory(self._pictures, count))
        paced = (self._pictures, ticks, 1 / PACE)
        paced_loop = self._looped(Camera(*paced), live=True)
        paced_reference = self._straight(Camera(*paced))
        blocks = median(bare_ms) / 1000.0
        blocking = (self._pictures, count, _SLOWER * blocks, blocks)
        blocking_loop = self._looped(Camera(*blocking), live=True)
        blocking_reference = self._straight(Camera(*blocking))
        busy, own = _busy_s() - busy, time.process_time() - own
        return Round(
            bare_ms=bare_ms,
            bare_fps=bare_fps,
            bare_cpu_ms=bare_cpu_ms,
            source_fps=self._source_fps(count),
            loop=loop,
            reference=reference,
            paced_loop=paced_loop,
            paced_reference=paced_reference,
            blocking_loop=blocking_loop,
            blocking_reference=blocking_reference,
            other_cores=max(0.0, busy - own) / (time.perf_counter() - start),
        )

    def soak(self, count: int, each: int) -> list[Weighed]:
        """What this process holds, looked at each so many of ``count`` frames."""
        seen: list[Weighed] = []

        class Scales:
            def write(self, observation: Observation) -> None:
                if observation.frame.index % each == 0:
                    seen.append(weighed(observation.frame.index))

        sinks = [*self._sinks, Scales()]
        run(frames(Memory(self._pictures, count)), Stages(self._localizer), sinks, late=True)
        return seen

    def _bare(self, count: int) -> tuple[list[float], float, float]:
        took = []
        cpu, start = time.process_time(), time.perf_counter()
        for _ in range(count):
            before = time.perf_counter()
            self._network.invoke()
            took.append(1000.0 * (time.perf_counter() - before))
        elapsed = time.perf_counter() - start
        return took, count / elapsed, 1000.0 * (time.process_time() - cpu) / count

    def _source_fps(self, count: int) -> float:
        start = time.perf_counter()
        for _ in frames(Memory(self._pictures, count)):
            pass
        return count / (time.perf_counter() - start)

    def _looped(self, capture: Capture, live: bool = False) -> Run:
        """The loop of ``edge-run``; a live source stands behind ``Latest``, as there."""

        def work(sinks: Sequence[Sink]) -> None:
            with ExitStack() as stack:
                source = frames(capture)
                wanted = stack.enter_context(Latest(source)) if live else source
                run(wanted, Stages(self._localizer), sinks, late=True)

        return self._timed(work)

    def _straight(self, capture: Capture) -> Run:
        card = self._localizer.card
        return self._timed(lambda sinks: straight(capture, self._network, card, sinks))

    def _timed(self, work: Callable[[Sequence[Sink]], None]) -> Run:
        watch = Stopwatch()
        cpu = time.process_time()
        work([watch, *self._sinks])
        cpu = time.process_time() - cpu
        return Run(watch.fps, watch.ages_ms, 1000.0 * cpu / max(1, len(watch.answered)))


def weighed(frames: int, process: int | None = None) -> Weighed:
    """What a process, else this one, holds now, after so many frames."""
    kernel = Path(f"/proc/{process or 'self'}")
    descriptors, threads = (sum(1 for _ in (kernel / of).iterdir()) for of in _HELD)
    return Weighed(frames, rss_mb(kernel / "statm"), descriptors, threads)


def rss_mb(statm: Path = Path("/proc/self/statm")) -> float:
    """Megabytes of memory that a process, else this one, holds."""
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def _busy_s(stat: Path = Path("/proc/stat")) -> float:
    """Seconds that all cores together have worked since the machine's start."""
    user, nice, system, _, _, *interrupts = map(int, stat.read_text().split("\n", 1)[0].split()[1:])
    # the two last, guests' time, are within user and nice
    return (user + nice + system + sum(interrupts[:3])) / os.sysconf("SC_CLK_TCK")
