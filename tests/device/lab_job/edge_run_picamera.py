"""edge-run as a person starts it, on the real Picamera2 and the virtual cameras."""

import json
import subprocess
import sys
from collections import Counter

import pictures
from checks import check

FRAMES = 40
WITH_SHIMS = """
import sys, virtual_picamera2
from edge.cli import main
virtual_picamera2.picamera2.Picamera2 = virtual_picamera2.Picamera2
main(sys.argv[1:], prog_name="edge-run")
"""


def edge_run(*options):
    return subprocess.run(
        [sys.executable, "-c", WITH_SHIMS, *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=180.0,
    )


def near(box, truth):
    return box is not None and all(
        abs(edge - expected) < 0.05 for edge, expected in zip(box, truth, strict=True)
    )


with check("edge-run --list-cameras names both cameras"):
    listed = edge_run("--list-cameras").stdout.splitlines()
    numbers = {line.split("  ")[1].removesuffix(" (libcamera)"): line.split()[0] for line in listed}
    assert set(numbers) >= set(pictures.MODELS), listed

with check(f"edge-run --camera N gives {FRAMES} frames of the camera that it listed as N"):
    number = numbers[pictures.MODELS[0]]
    options = ("--camera", number, "--model", "model.tflite", "--max-frames", str(FRAMES))
    run = edge_run(*options, "--json")
    assert run.returncode == 0, run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(lines) == FRAMES, run.stderr
    assert pictures.MODELS[0] in run.stderr, run.stderr

with check("and finds in them the red and the blue rectangle, each in its place"):
    # The label is the steadied one, which follows later than the box.
    seen = Counter(
        label for line in lines for label, box in pictures.SCENES if near(line["raw_box"], box)
    )
    assert set(seen) == {"red", "blue"} and seen.total() == FRAMES, (seen, lines[:8])
    assert {line["label"] for line in lines} <= set(seen), lines
