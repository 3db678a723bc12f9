"""A network camera that freezes or dies, a frozen picture, a dark room."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.edge_run import EdgeRun, answered_at
from benchmarks.scenes.outcome import (
    FPS,
    TESTS,
    Lacking,
    Outcome,
    from_end,
    from_fault,
    lost_frames,
    whole_lines,
)

_RATE = 15  # frames a second of the tests' RTSP server


@contextmanager
def _rtsp(port: int = 0) -> Iterator[tuple[subprocess.Popen[str], int]]:
    server = subprocess.Popen(
        ["/usr/bin/python3", TESTS / "edge/sources/rtsp_server.py", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        line = server.stdout.readline().strip()
        if not line:
            raise Lacking("GStreamer's RTSP server")
        yield server, int(line)
    finally:
        server.kill()
        server.wait()


@contextmanager
def _seen(port: int, model: Path) -> Iterator[EdgeRun]:
    """A run that has answered the server's pictures for a while."""
    with EdgeRun("--camera", f"rtsp://127.0.0.1:{port}/cam", "--model", model) as run:
        run.settled()
        yield run


def rtsp_frozen(folder: Path, model: Path) -> Outcome:
    with _rtsp() as (server, port), _seen(port, model) as run:
        moment = time.monotonic()
        os.kill(server.pid, signal.SIGSTOP)
        noticed, _ = run.says("trying again: ", after=moment)
        time.sleep(5.0)  # it stays frozen for a while
        back = time.monotonic()
        os.kill(server.pid, signal.SIGCONT)
        return from_end(run, moment, noticed, back, "sends no picture any more …", _RATE)


def rtsp_killed(folder: Path, model: Path) -> Outcome:
    with _rtsp() as (server, port), _seen(port, model) as run:
        moment = time.monotonic()
        server.kill()
        noticed, _ = run.says("trying again: ", after=moment)
        run.says("nothing answers at", after=moment)
        with _rtsp(port):
            back = time.monotonic()
            told = "sends no picture any more …, then: nothing answers at HOST:PORT …"
            return from_end(run, moment, noticed, back, told, _RATE)


def picture_frozen(folder: Path, model: Path) -> Outcome:
    options = ("--camera", "fake:frozen", "--fps", FPS, "--model", model)
    with EdgeRun(*options) as run:
        last = run.box(wanted=lambda line: line["index"] == 90)  # from here on the same picture
        moment = last["captured_at"]
        return from_fault(
            run,
            moment,
            "has not changed by a byte",
            "the picture has not changed by a byte for 5 s although frames come …",
        )


def dark(folder: Path, model: Path) -> Outcome:
    with EdgeRun("--camera", "fake:dark", "--fps", FPS, "--model", model) as run:
        first = run.frame()
        told_at, _ = run.says("has not changed by a byte")
        run.frame(after=told_at + 8.0)  # told once, not every five seconds
        told = [sentence for sentence in run.said if "has not changed by a byte" in sentence]
        assert len(told) == 1, told
        assert all(line["box"] is None for line in run.lines)
        moment = first["captured_at"]
        fresh = run.frame(after=told_at)
        return Outcome(
            "the same sentence, once: in the dark it is no fault",
            told_at - moment,
            answered_at(fresh) - told_at,
            "the sentence",
            lost_frames(run, moment),
            whole_lines(run),
        )
