"""edge-run on a V4L2 camera of the kernel's, which is unplugged and plugged in again."""

import itertools
import subprocess
import sys
import time
from pathlib import Path

from checks import check, row
from edge_run import PATIENCE, EdgeRun, answered_at, longest_gap
from vivid import NODE, loaded, plugged, settled

FRAMES = 10
RATE = 25  # vivid's frames a second


def camera(*options):
    return EdgeRun("--camera", NODE, "--model", "model.tflite", *options)


def advances(lines):
    moments = [line["captured_at"] for line in lines]
    indices = [line["index"] for line in lines]
    assert all(one < other for one, other in itertools.pairwise(moments)), moments
    assert indices == sorted(set(indices)), indices


with check("the kernel's camera is there"):
    loaded()

with check("edge-run lists it by its name"):
    listed = subprocess.run(
        [sys.executable, "-m", "edge", "--list-cameras"],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    ).stdout
    assert f"{NODE}  vivid" in listed, listed

with (
    check("edge-run reads frames of it through V4L2 and ends after the last"),
    camera("--max-frames", FRAMES) as run,
):
    assert run.ended() == 0, run.said
    assert len(run.lines) == FRAMES
    advances(run.lines)

with camera() as run:
    with check("an unplugged camera is told and waited for"):
        run.frame(after=run.frame()["captured_at"] + 1.0)
        pulled = time.monotonic()
        plugged(False)
        noticed, _ = run.says("trying again: ", after=pulled)
        run.says(f"{NODE} is not there")
        assert run.process.poll() is None

    with check("plugged in again it is opened again and gives fresh frames"):
        back = time.monotonic()
        plugged(True)
        run.says("the camera is back after ")
        fresh = run.frame(after=back)
        run.frame(after=fresh["captured_at"] + 1.0)
        lost = round(longest_gap(run.lines, pulled) * RATE)

    with check("a run that was told to stop ends, with all its frames in order"):
        assert run.stop() == 0, run.said
        advances(run.lines)
        row(
            "camera unplugged and plugged in again",
            "… gives no picture any more …, then: … is not there; the camera is back after …",
            noticed - pulled,
            answered_at(fresh) - back,
            lost,
            f"{len(run.lines)} whole JSON lines, in order",
        )

with (
    check("a camera that comes back under another number is found by --camera alone"),
    EdgeRun("--camera", "auto", "--model", "model.tflite") as run,
):
    run.frame(after=run.frame()["captured_at"] + 1.0)
    pulled = time.monotonic()
    plugged(False)
    noticed, _ = run.says("trying again: ", after=pulled)
    settled(NODE, there=False)
    # Something that is no camera takes its number meanwhile.
    subprocess.run(["modprobe", "v4l2loopback", "video_nr=0", "exclusive_caps=1"], check=True)
    settled(NODE)
    back = time.monotonic()
    plugged(True)
    settled(Path("/dev/video1"))
    fresh = run.frame(after=back)
    assert run.stop() == 0, run.said
    advances(run.lines)
    row(
        "camera back under another number",
        "as before; `--camera` alone and `/dev/v4l/by-id/…` find it, `--camera N` waits for N",
        noticed - pulled,
        answered_at(fresh) - back,
        round(longest_gap(run.lines, pulled) * RATE),
        f"{len(run.lines)} whole JSON lines, in order",
    )
subprocess.run(["modprobe", "-r", "v4l2loopback"], check=False)
plugged(False)
plugged(True)
settled(NODE)
