"""How many CPU threads suit this model on this machine: measured, because no rule knows."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from edge.runtime import Network, load_runtime

Loaded = TypeVar("Loaded")

_WORTH = 0.85  # of the time with fewer threads; for less gain the cores are left to the rest
_TIMES = 5  # inferences; the shortest counts


def quickest(path: Path) -> Network:
    """The model file, loaded for the number of threads that a short sweep found best."""
    runtime = load_runtime()
    cores = len(os.sched_getaffinity(0))
    return sweep(lambda threads: Network(path, threads, runtime), candidates(cores), seconds)


def candidates(cores: int) -> list[int]:
    """The numbers of threads that are tried on so many cores: no model here gains beyond four."""
    return [threads for threads in (1, 2, 4) if threads <= cores]


def sweep(
    load: Callable[[int], Loaded],
    threads: Iterable[int],
    measure: Callable[[Loaded], float],
) -> Loaded:
    """What ``load`` gives for the best of ``threads``, which rise; the first that gains nothing
    ends the sweep.

    measure: how many seconds one inference takes.
    """
    first, *more = threads
    best = load(first)
    shortest = measure(best)
    for number in more:
        loaded = load(number)
        took = measure(loaded)
        if took > _WORTH * shortest:
            break
        best, shortest = loaded, took
    return best


def seconds(network: Network) -> float:
    """Seconds of one inference, after one to warm up."""
    network.invoke()
    took = []
    for _ in range(_TIMES):
        start = time.perf_counter()
        network.invoke()
        took.append(time.perf_counter() - start)
    return min(took)
