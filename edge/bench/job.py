"""The whole benchmark of a model file."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from edge.bench.camera import pictures
from edge.bench.figures import figures, missed, quietest, soaked
from edge.bench.measure import Bench, rss_mb
from edge.card import read_card
from edge.errors import LocalizerError
from edge.image import write_image
from edge.localizer import Localizer, check_card
from edge.runtime import Network
from edge.sinks.jsonlines import JsonLines

_STARTS = 3  # of edge-run; the median counts
_WEIGHED = 1000  # frames between two looks at the memory
Report = dict[str, object]


def bench(
    model: Path,
    threads: int = 1,
    rounds: int = 5,
    count: int = 150,
    ticks: int = 60,
    soak: int | None = None,
    say: Callable[[str], None] = lambda sentence: None,
) -> Report:
    """Every figure of ``figures``, and where it comes from, as JSON may hold it.

    count: frames of a round without a pace. ticks: of the camera with 30 a second.
    soak: frames over which memory, open files and threads are watched, if any.
    Raises LocalizerError for a bad model.
    """
    card = read_card(model)
    network = Network(model, threads)
    check_card(model, card, network)
    images = pictures()
    with open(os.devnull, "w", encoding="ascii") as nowhere:  # noqa: PTH123 - no file
        runner = Bench(Localizer(network, card), network, images, JsonLines(nowhere))
        runner.round(count=20, ticks=3)  # to warm up
        measured = []
        for number in range(rounds):
            measured.append(runner.round(count, ticks))
            say(f"round {number + 1} of {rounds}")
        found = figures(measured) | {"rss_mb": rss_mb()}
        if soak is not None:
            say(f"soaking for {soak} frames")
            weighed = runner.soak(soak, min(_WEIGHED, max(1, soak // 20)))
            found |= {"soak_frames": soak, **soaked(weighed)}
    say("starting edge-run")
    with tempfile.TemporaryDirectory() as folder:
        write_image(Path(folder) / "picture.png", images[0])
        starts = [first_box_s(model, Path(folder)) for _ in range(_STARTS)]
    found["first_box_s"] = statistics.median(starts)
    return {
        **{name: round(value, 4) for name, value in found.items()},
        "quietest_round": {name: round(value, 4) for name, value in quietest(measured).items()},
        "missed": missed(found),
        "runtime": network.runtime,
        "threads": threads,
        "model": model.name,
        "input": f"{card.width}x{card.height}",
        "rounds": rounds,
        "frames_a_round": count,
        "machine": machine(),
        "python": platform.python_version(),
    }


def first_box_s(model: Path, folder: Path) -> float:
    """Seconds from the start of ``edge-run`` to its first line, for a folder with a picture."""
    command = [sys.executable, "-m", "edge", "--model", str(model.absolute()), "--images"]
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    start = time.perf_counter()
    with subprocess.Popen(
        [*command, str(folder), "--json", "--threads", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    ) as running:
        assert running.stdout is not None
        line = running.stdout.readline()
        took = time.perf_counter() - start
        _, told = running.communicate()
    if not line:
        last = told.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise LocalizerError(
            f"edge-run gave no line in the benchmark ({last[0]}); try edge-run with this model"
        )
    return took


def machine(
    cpuinfo: Path = Path("/proc/cpuinfo"), board: Path = Path("/proc/device-tree/model")
) -> str:
    """The board's or processor's name, and how many of its cores this process may use."""
    name = platform.machine()
    if board.is_file():
        name = board.read_text().strip("\0\n ")
    elif cpuinfo.is_file():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        name = names[0].partition(":")[2].strip() if names else name
    cores = len(os.sched_getaffinity(0))
    return f"{name}, {cores} core{'s' if cores > 1 else ''}"
