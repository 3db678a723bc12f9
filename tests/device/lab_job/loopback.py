"""edge-run on a camera whose pictures are known, which then hangs; and a clock that jumps."""

import subprocess
import sys
import time
from pathlib import Path

from checks import check, measured, row
from edge_run import EdgeRun, answered_at, longest_gap
from loopback_camera import PLACES, RATE, SIZE
from vivid import settled

from edge.box import Box
from edge.localizer import load_localizer
from edge.sources.fake import picture

NODE = Path("/dev/video5")
_ALONE, _ = load_localizer(Path("model.tflite"))
BOXES = [_ALONE(picture("rectangle", index, SIZE)).found.box for index in PLACES]
"""What the model says of the pictures before they went through a camera."""


def showing():
    return subprocess.Popen([sys.executable, "loopback_camera.py", str(NODE)])


def nearest(line):
    overlaps = [Box(*line["raw_box"]).iou(box) for box in BOXES]
    return max(range(len(BOXES)), key=overlaps.__getitem__), max(overlaps)


subprocess.run(
    ["modprobe", "v4l2loopback", "video_nr=5", "exclusive_caps=1", "card_label=known"], check=True
)
settled(NODE)
producer = showing()
run = EdgeRun("--camera", NODE, "--wait-for-camera", "--model", "model.tflite", "--size", "320x240")

with check("the boxes are where the pictures have them, in each of the places"):
    # Until the camera is shown something, it gives pictures of one colour.
    first = run.box(wanted=lambda line: nearest(line)[1] > 0.9)
    seen = first["captured_at"]
    for place in range(len(BOXES)):
        run.box(after=seen, wanted=lambda line, p=place: nearest(line)[0] == p)
    boxes = [line for line in run.lines if line["box"] and line["captured_at"] >= seen]
    poor = [(line["index"], line["raw_box"]) for line in boxes if nearest(line)[1] < 0.9]
    assert not poor, f"{len(poor)} of {len(boxes)} after {first['index']}: {poor[:3]}"
    assert all(line["label"] == "red" for line in boxes)

with check("a clock that jumps back an hour changes only what is shown of the time"):
    before = run.box(after=time.monotonic())
    moment = time.monotonic()
    subprocess.run(["date", "--set", "-1 hour"], check=True, stdout=subprocess.DEVNULL)
    jumped = run.box(after=moment, wanted=lambda line: line["time"] < before["time"])
    run.box(after=jumped["captured_at"] + 2.0)
    moments = [line["captured_at"] for line in run.lines]
    assert moments == sorted(moments)
    assert longest_gap(run.lines, moment) < 5.0
    subprocess.run(["date", "--set", "+1 hour"], check=True, stdout=subprocess.DEVNULL)

with check("a camera that hangs is told"):
    producer.kill()
    producer.wait()
    last = run.lines[-1]
    hung = time.monotonic()
    noticed, _ = run.says("trying again: ", after=hung)
    assert run.process.poll() is None
measured("it was noticed after", noticed - hung, 5.0)

with check("when it shows pictures again there are boxes again"):
    back = time.monotonic()
    producer = showing()
    fresh = run.box(after=back)
    assert nearest(fresh)[1] > 0.9, fresh
    lost = round(longest_gap(run.lines, last["captured_at"]) * RATE)
    assert run.stop() == 0, run.said
    row(
        "camera hung: reads block 10 s",
        "… gives no picture any more, after N frames …",
        noticed - hung,
        answered_at(fresh) - back,
        lost,
        f"{len(run.lines)} whole JSON lines, in order",
    )
producer.kill()
producer.wait()
run.process.kill()
