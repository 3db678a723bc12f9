"""What the live page costs: ``python -m benchmarks.web MODEL`` prints ratios measured in one run.

Viewers are WebSockets in a process of their own that confirm each picture, as the page does; they
decode nothing, because on a real board that is another machine's work. The first picture is timed
in Chromium, where there is one.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Self

import cv2

from benchmarks.edge_run import EdgeRun
from edge.sources.fake import picture

_SECONDS = 8.0
"""Of each measurement of processor time."""
_ROUNDS = 5
_FRAMES = 5000
"""Of the film, which is answered as fast as can be."""
_TURN = 0.7
"""Seconds in which some look, or nobody does."""
_VIEWERS = 3


class Viewers:
    """Some who look at a page, and leave, as they are told."""

    def __init__(self, url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.web", "--look", url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.look(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def look(self, count: int) -> None:
        """From now on ``count`` of them look."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        self._process.stdout.readline()


def look(url: str) -> None:
    """Be as many viewers as each line of standard input says."""
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import ClientConnection, connect
    from websockets.typing import Origin

    def watch(socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            for message in socket:
                if isinstance(message, bytes):
                    socket.send("shown")

    address, origin = url.replace("http", "ws") + "live", Origin(url.rstrip("/"))
    looking: list[ClientConnection] = []
    for line in sys.stdin:
        while len(looking) > int(line):
            looking.pop().close()
        while len(looking) < int(line):
            looking.append(connect(address, origin=origin, compression=None).__enter__())
            threading.Thread(target=watch, args=(looking[-1],), daemon=True).start()
        print(line, flush=True)


def cpu_s(process: int) -> float:
    """Processor time of a process so far, in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def shares(run: EdgeRun, url: str) -> dict[int, float]:
    """Cores that the run takes, by the number of viewers; medians of rounds."""
    taken: dict[int, list[float]] = {0: [], 1: [], _VIEWERS: []}
    with Viewers(url) as viewers:
        for _ in range(_ROUNDS):
            for count, figures in taken.items():
                viewers.look(count)
                start, before = time.monotonic(), cpu_s(run.process.pid)
                time.sleep(_SECONDS)
                spent = cpu_s(run.process.pid) - before
                figures.append(spent / (time.monotonic() - start))
    return {count: statistics.median(figures) for count, figures in taken.items()}


def film(folder: Path) -> Path:
    """A drawn film of 640x480."""
    path = folder / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (640, 480))
    drawn = [cv2.cvtColor(picture("shapes", index), cv2.COLOR_RGB2BGR) for index in range(90)]
    for index in range(_FRAMES):
        writer.write(drawn[index % len(drawn)])
    writer.release()
    return path


def ratios(model: Path, path: Path) -> list[float]:
    """How fast a film is answered while three look against while none does, turn by turn."""
    options = ["--video", path, "--model", model, "--threads", 1, "--web", 0]
    turns: list[tuple[float, float]] = []
    with EdgeRun(*options) as run:
        url = run.says("web: ")[1].removeprefix("web: ")
        with Viewers(url) as viewers, contextlib.suppress(OSError):  # the film has ended
            while run.process.poll() is None:
                viewers.look(_VIEWERS if len(turns) % 2 else 0)
                start = time.monotonic()
                time.sleep(_TURN)
                turns.append((start, time.monotonic()))
        times = [line["captured_at"] for line in run.lines]
    rates = [sum(start <= at < end for at in times) / (end - start) for start, end in turns]
    return [
        rates[turn + 1] / rates[turn]  # the odd ones are looked at
        for turn in range(0, len(turns) - 1, 2)
        if times[0] <= turns[turn][0] and turns[turn + 1][1] <= times[-1]
    ]


def first_picture(url: str) -> tuple[list[float], int]:
    """Seconds from asking for the page to its first picture, each in a new tab, and its bytes."""
    from playwright.sync_api import Response, sync_playwright

    seconds: list[float] = []
    weight = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for _ in range(_ROUNDS + 1):
            page = browser.new_context().new_page()
            answers: list[Response] = []

            def arrived(answer: Response, answers: list[Response] = answers) -> None:
                answers.append(answer)

            page.on("response", arrived)
            start = time.monotonic()
            page.goto(url)
            page.wait_for_selector("#picture[data-index]")
            seconds.append(time.monotonic() - start)
            weight = sum(len(answer.body()) for answer in answers)
            page.context.close()
        browser.close()
    return seconds[1:], weight  # the first one starts the browser's own processes


def measured(model: Path) -> dict[str, Any]:
    """All figures; each is told as soon as it is there."""
    camera = ["--camera", "fake:shapes", "--size", "640x480", "--fps", 15, "--threads", 1]
    with EdgeRun(*camera, "--model", model, "--web", 0) as run:
        url = run.says("web: ")[1].removeprefix("web: ")
        run.frame(after=run.frame()["captured_at"] + 2.0)  # its start is no part of it
        cores = shares(run, url)
        report: dict[str, Any] = {
            "cores without a viewer": round(cores[0], 4),
            "cores more for the first viewer": round(cores[1] - cores[0], 4),
            "cores more for each of three": round((cores[_VIEWERS] - cores[0]) / _VIEWERS, 4),
        }
        print(report, file=sys.stderr, flush=True)
        if shutil.which("chromium") is not None:
            seconds, weight = first_picture(url)
            report["seconds to the first picture"] = [round(one, 2) for one in sorted(seconds)]
            report["bytes of the page"] = weight
    with tempfile.TemporaryDirectory() as folder:
        found = ratios(model, film(Path(folder)))
    report["speed with three viewers against none"] = {
        "median": round(statistics.median(found), 3),
        "turns": [round(one, 2) for one in sorted(found)],
    }
    return report


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("model", type=Path, nargs="?")
    asked.add_argument("--look")
    options = asked.parse_args()
    if options.look is not None:
        look(options.look)
    else:
        print(json.dumps(measured(options.model), indent=2))
