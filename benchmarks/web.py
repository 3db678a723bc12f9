"""What the live page costs: ``python -m benchmarks.web MODEL`` prints ratios measured in one run.

Viewers are WebSockets in a process of their own that confirm each picture, as the page does; they
decode nothing, because on a real board that is another machine's work. The first picture is timed
in Chromium, where there is one.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import cv2

from benchmarks.edge_run import EdgeRun
from edge.sources.fake import picture

_SECONDS = 8.0
"""Of each measurement of processor time."""
_ROUNDS = 5
_FRAMES = 900
"""Of the film, which is answered as fast as can be."""
_VIEWERS = 3


class Viewers:
    """Some who look at a page until they are left."""

    def __init__(self, url: str, count: int) -> None:
        """Returns when each has had a picture, or, of a film, is connected."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.web", "--look", url, "--viewers", str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def look(url: str, count: int) -> None:
    """Be ``count`` viewers until standard input ends."""
    import threading

    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect
    from websockets.typing import Origin

    def watch() -> None:
        address = url.replace("http", "ws") + "live"
        try:
            with connect(address, origin=Origin(url.rstrip("/")), compression=None) as socket:
                entered.release()
                for message in socket:
                    if isinstance(message, bytes):
                        socket.send("shown")
        except ConnectionClosed:
            pass

    entered = threading.Semaphore(0)
    for _ in range(count):
        threading.Thread(target=watch, daemon=True).start()
    for _ in range(count):
        entered.acquire()
    print("looking", flush=True)
    sys.stdin.read()
    os._exit(0)


def cpu_s(process: int) -> float:
    """Processor time of a process so far, in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def shares(run: EdgeRun, url: str) -> dict[int, float]:
    """Cores that the run takes, by the number of viewers; medians of rounds."""
    taken: dict[int, list[float]] = {0: [], 1: [], _VIEWERS: []}
    for _ in range(_ROUNDS):
        for count, figures in taken.items():
            with Viewers(url, count):
                time.sleep(0.5)
                start, before = time.monotonic(), cpu_s(run.process.pid)
                time.sleep(_SECONDS)
                spent = cpu_s(run.process.pid) - before
                figures.append(spent / (time.monotonic() - start))
    return {count: statistics.median(figures) for count, figures in taken.items()}


def film(folder: Path) -> Path:
    """A drawn film of 640x480."""
    path = folder / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (640, 480))
    for index in range(_FRAMES):
        writer.write(cv2.cvtColor(picture("shapes", index), cv2.COLOR_RGB2BGR))
    writer.release()
    return path


def frames_per_second(model: Path, path: Path, viewers: int) -> float:
    """How fast a film is answered while some look."""
    with EdgeRun("--video", path, "--model", model, "--threads", 1, "--web", 0) as run:
        url = run.says("web: ")[1].removeprefix("web: ")
        with Viewers(url, viewers):
            joined = time.monotonic()
            run.ended()
        times = [line["captured_at"] for line in run.lines if line["captured_at"] > joined]
    return (len(times) - 1) / float(times[-1] - times[0])


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
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        path = film(Path(folder))
        for number in range(_ROUNDS):
            counts = (0, _VIEWERS) if number % 2 else (_VIEWERS, 0)
            rates = {count: frames_per_second(model, path, count) for count in counts}
            ratios.append(rates[_VIEWERS] / rates[0])
            report["frames a second without and with three"] = [round(rates[n]) for n in rates]
    report["speed with three viewers against none"] = [round(one, 3) for one in sorted(ratios)]
    return report


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("model", type=Path, nargs="?")
    asked.add_argument("--look")
    asked.add_argument("--viewers", type=int, default=_VIEWERS)
    options = asked.parse_args()
    if options.look is not None:
        look(options.look, options.viewers)
    else:
        print(json.dumps(measured(options.model), indent=2))
