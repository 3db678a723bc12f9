"""A broken configuration, a garbage model, a clock that is set back."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

from benchmarks.edge_run import EdgeRun, Line, answered_at
from benchmarks.scenes.outcome import (
    FPS,
    Lacking,
    Outcome,
    from_fault,
    lost_frames,
    shown,
    whole_lines,
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
        return from_fault(
            run,
            moment,
            "reload refused: ",
            "reload refused: … line 4, sise: … did you mean size?; what ran before goes on",
        )


def garbage_model(folder: Path, model: Path) -> Outcome:
    mine = folder / "model.tflite"
    shutil.copy(model, mine)
    with EdgeRun(*shown(mine)) as run:
        run.settled()
        beside = folder / "beside"
        beside.write_bytes(os.urandom(4096))
        moment = time.monotonic()
        beside.rename(mine)
        return from_fault(
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
    with EdgeRun(*shown(model, "--snapshots", snapshots), environment=environment) as run:
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
        lost = lost_frames(run, moment)
        whole = whole_lines(run)
        return Outcome(
            "nothing: only what is shown to people has the new hour",
            None,
            answered_at(fresh) - moment,
            "the fault",
            lost,
            f"{whole}, their `captured_at` going on and their `time` an hour back",
        )
