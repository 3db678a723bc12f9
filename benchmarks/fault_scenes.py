"""Real faults, made on this machine to a real ``edge-run``, and what came of them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.edge_run import EdgeRun, Line, answered_at, longest_gap

TESTS = Path(__file__).parents[1] / "tests"
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


def _shown(model: Path, *options: object) -> tuple[object, ...]:
    return "--camera", "fake:rectangle", "--fps", FPS, "--model", model, *options


def _lost(run: EdgeRun, since: float, rate: float = FPS) -> int:
    return max(0, round(longest_gap(run.lines, since) * rate) - 1)


def _whole(run: EdgeRun) -> str:
    """What the lines are worth: they were parsed when they came."""
    indices = [line["index"] for line in run.lines]
    assert indices == sorted(set(indices)), "frames twice or out of order"
    assert run.stop() == 0, run.said
    return f"{len(indices)} whole JSON lines, in order"


def _from_fault(run: EdgeRun, moment: float, part: str, told: str, after: float = 0.0) -> Outcome:
    """Of a fault at ``moment`` that the boxes need not wait to end."""
    noticed, _ = run.says(part, after=moment)
    fresh = run.box(after=max(moment, after))
    run.box(after=noticed)
    lost = _lost(run, moment)
    return Outcome(
        told, noticed - moment, answered_at(fresh) - moment, "the fault", lost, _whole(run)
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
    with EdgeRun(*_shown(model, "--delegate", library), environment=environment) as run:
        run.says("the accelerator answers")
        run.settled()
        yield run, behave


def delegate_crashed(folder: Path, model: Path) -> Outcome:
    with _delegated(folder, model) as (run, behave):
        moment = time.monotonic()
        behave("crash")
        return _from_fault(
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
        lost = _lost(run, moment)
        told = "the accelerator gave no answer …; the CPU goes on"
        return Outcome(
            told,
            noticed - moment,
            answered_at(fresh) - moment,
            "the fault",
            lost,
            _whole(run),
        )


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


def rtsp_frozen(folder: Path, model: Path) -> Outcome:
    with (
        _rtsp() as (server, port),
        EdgeRun("--camera", f"rtsp://127.0.0.1:{port}/cam", "--model", model) as run,
    ):
        run.settled()
        moment = time.monotonic()
        os.kill(server.pid, signal.SIGSTOP)
        noticed, _ = run.says("trying again: ", after=moment)
        time.sleep(5.0)  # it stays frozen for a while
        back = time.monotonic()
        os.kill(server.pid, signal.SIGCONT)
        fresh = run.box(after=back)
        told = "sends no picture any more …"
        out = noticed - moment, answered_at(fresh) - back
        return Outcome(told, out[0], out[1], "its end", _lost(run, moment, 15), _whole(run))


def rtsp_killed(folder: Path, model: Path) -> Outcome:
    with (
        _rtsp() as (server, port),
        EdgeRun("--camera", f"rtsp://127.0.0.1:{port}/cam", "--model", model) as run,
    ):
        run.settled()
        moment = time.monotonic()
        server.kill()
        noticed, _ = run.says("trying again: ", after=moment)
        run.says("nothing answers at", after=moment)
        with _rtsp(port):
            back = time.monotonic()
            fresh = run.box(after=back)
            told = "sends no picture any more …, then: nothing answers at HOST:PORT …"
            out = noticed - moment, answered_at(fresh) - back
            return Outcome(told, *out, "its end", _lost(run, moment, 15), _whole(run))


def picture_frozen(folder: Path, model: Path) -> Outcome:
    options = ("--camera", "fake:frozen", "--fps", FPS, "--model", model)
    with EdgeRun(*options) as run:
        last = run.box(wanted=lambda line: line["index"] == 90)  # from here on the same picture
        moment = last["captured_at"]
        return _from_fault(
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
            _lost(run, moment),
            _whole(run),
        )


def disk_full(folder: Path, model: Path) -> Outcome:
    disk = folder / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(disk)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode != 0:
        raise Lacking("the right to mount a small disk")
    try:
        with EdgeRun(*_shown(model, "--record", disk)) as run:
            told_at, _ = run.says("record ends here, the rest goes on: ")
            fresh = run.box(after=told_at)
            run.box(after=told_at + 2.0)
            lost = _lost(run, told_at - 2.0)
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
    """As ``_whole``, of a run whose lost output is its exit status."""
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
        EdgeRun(*_shown(model, "--mqtt", f"mqtt://127.0.0.1:{port}/door")) as run,
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
            lost = _lost(run, moment)
            late = again - back
            return Outcome(
                f"mqtt: the connection is lost to …; connected again {late:.1f} s after its return",
                noticed - moment,
                answered_at(fresh) - moment,
                "the fault",
                lost,
                _whole(run),
            )


def broken_configuration(folder: Path, model: Path) -> Outcome:
    config = folder / "edge-run.toml"
    good = f'camera = "fake:rectangle"\nfps = {FPS}\nmodel = "{model}"\n'
    config.write_text(good)
    with EdgeRun("--config", config) as run:
        run.settled()
        config.write_text(f"{good}sise = 3\n")
        moment = time.monotonic()
        run.process.send_signal(signal.SIGHUP)
        return _from_fault(
            run,
            moment,
            "reload refused: ",
            "reload refused: … line 4, sise: … did you mean size?; what ran before goes on",
        )


def garbage_model(folder: Path, model: Path) -> Outcome:
    mine = folder / "model.tflite"
    shutil.copy(model, mine)
    with EdgeRun(*_shown(mine)) as run:
        run.settled()
        beside = folder / "beside"
        beside.write_bytes(os.urandom(4096))
        moment = time.monotonic()
        beside.rename(mine)
        return _from_fault(
            run,
            moment,
            "reload refused: ",
            "reload refused: … is not a TFLite model …; what ran before goes on",
        )


def clock_set_back(folder: Path, model: Path) -> Outcome:
    places = list(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not places:
        raise Lacking("libfaketime")
    stamp = folder / "clock"
    stamp.write_text("+0")
    environment = {
        "LD_PRELOAD": str(places[0]),
        "FAKETIME_TIMESTAMP_FILE": str(stamp),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    snapshots = folder / "seen"
    with EdgeRun(*_shown(model, "--snapshots", snapshots), environment=environment) as run:
        before = run.settled()
        moment = time.monotonic()
        stamp.write_text("-3600")

        def back(line: Line) -> bool:
            return bool(line["time"] < before["time"])

        jumped = run.box(after=moment, wanted=back)
        fresh = run.box(after=moment)
        run.box(after=jumped["captured_at"] + 2.0)
        moments = [line["captured_at"] for line in run.lines]
        assert moments == sorted(moments), "time of capture went back"
        lost = _lost(run, moment)
        whole = _whole(run)
        return Outcome(
            "nothing: only what is shown to people has the new hour",
            None,
            answered_at(fresh) - moment,
            "the fault",
            lost,
            f"{whole}, their `captured_at` going on and their `time` an hour back",
        )


SCENES = (
    Scene("RTSP server frozen", rtsp_frozen),
    Scene("RTSP server killed, and started again", rtsp_killed),
    Scene("picture frozen to the byte", picture_frozen),
    Scene("dark room", dark),
    Scene("accelerator's process crashed", delegate_crashed),
    Scene("accelerator's process hung", delegate_hung),
    Scene("disk of an output full", disk_full),
    Scene("MQTT broker gone", broker_gone),
    Scene("configuration broken on reload", broken_configuration),
    Scene("model replaced by garbage", garbage_model),
    Scene("clock set back an hour", clock_set_back),
)
