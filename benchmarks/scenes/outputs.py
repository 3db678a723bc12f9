"""An output whose disk is full, or whose broker is gone."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.edge_run import EdgeRun, answered_at
from benchmarks.scenes.outcome import (
    Lacking,
    Outcome,
    lost_frames,
    shown,
    whole_lines,
)


def disk_full(folder: Path, model: Path) -> Outcome:
    disk = folder / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(disk)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode != 0:
        raise Lacking("the right to mount a small disk")
    try:
        with EdgeRun(*shown(model, "--record", disk)) as run:
            told_at, _ = run.says("record ends here, the rest goes on: ")
            fresh = run.box(after=told_at)
            run.box(after=told_at + 2.0)
            lost = lost_frames(run, told_at - 2.0)
            whole = _whole_but_for_sink(run)
        (film,) = disk.glob("*.mp4")
        frames = _played(film)
        return Outcome(
            "record ends here, the rest goes on: … No space left on device …",
            None,
            answered_at(fresh) - told_at,
            "the sentence",
            lost,
            f"{whole}; the video so far has its name, and its {frames} frames play",
        )
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def _played(film: Path) -> int:
    """How many frames of a video can be read."""
    import cv2

    capture, frames = cv2.VideoCapture(str(film)), 0
    while capture.read()[0]:
        frames += 1
    assert frames, f"{film} does not play"
    return frames


def _whole_but_for_sink(run: EdgeRun) -> str:
    """As ``whole_lines``, of a run whose lost output is its exit status."""
    indices = [line["index"] for line in run.lines]
    assert indices == sorted(set(indices)), "frames twice or out of order"
    assert run.stop() == 1, run.said
    return f"{len(indices)} whole JSON lines, in order"


@contextmanager
def _mosquitto(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if program is None:
        raise Lacking("mosquitto")
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n")
    broker = subprocess.Popen([program, "-c", config], stderr=subprocess.PIPE, text=True)
    try:
        assert broker.stderr is not None
        assert any("running" in told for told in broker.stderr), "mosquitto did not start"
        yield broker
    finally:
        broker.kill()
        broker.wait()


def broker_gone(folder: Path, model: Path) -> Outcome:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with (
        _mosquitto(folder, port) as broker,
        EdgeRun(*shown(model, "--mqtt", f"mqtt://127.0.0.1:{port}/door")) as run,
    ):
        assert broker.stderr is not None
        assert any("New client connected" in told for told in broker.stderr)
        run.settled()
        moment = time.monotonic()
        broker.kill()
        noticed, _ = run.says("mqtt: ", after=moment)
        fresh = run.box(after=moment)
        run.box(after=moment + 3.0)
        back = time.monotonic()
        with _mosquitto(folder, port):
            again, _ = run.says("mqtt: connected", after=back)
            lost = lost_frames(run, moment)
            late = again - back
            return Outcome(
                f"mqtt: the connection is lost to …; connected again {late:.1f} s after its return",
                noticed - moment,
                answered_at(fresh) - moment,
                "the fault",
                lost,
                whole_lines(run),
            )
