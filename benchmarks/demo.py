"""``make demo``: the main job end to end on drawn scenes, by the commands that a user types."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import click

PRODUCTS = ("scenes", "run", "model.tflite", "clip.mp4", "overlay.mp4", "frames.jsonl", "sheet.png")
STEPS = (
    "edge-train synth scenes {to}/scenes --count 2700 --size 96 --clip {to}/clip.mp4",
    "edge-train fit {to}/scenes --out {to}/run --weights none --size 96 --alpha 0.35 --epochs 18",
    "edge-convert tflite {to}/run --out {to}/model.tflite --sheet {to}/sheet.png",
    "edge-run --model {to}/model.tflite --video {to}/clip.mp4 --record {to}/overlay.mp4"
    " --json {to}/frames.jsonl",
)


@click.command()
@click.option(
    "--to", default="demo", show_default=True, type=click.Path(path_type=Path), help="The folder."
)
def main(to: Path) -> None:
    """Draw scenes, train, convert and run, by the commands that a user types.

    What an earlier demo left in the folder is made anew, other files in it stay.
    """
    start = time.monotonic()
    to.mkdir(exist_ok=True)
    for product in PRODUCTS:
        old = to / product
        if old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink(missing_ok=True)
    for step in STEPS:
        command = step.format(to=to)
        print(f"\n$ {command}", flush=True)
        name, *arguments = shlex.split(command)
        result = subprocess.run([Path(sys.executable).with_name(name), *arguments], check=False)
        if result.returncode:
            sys.exit(result.returncode)
    from edge.card import read_card

    figures = read_card(to / "model.tflite").quality["int8"]
    frames = (to / "frames.jsonl").read_text().splitlines()
    boxes = sum(json.loads(line)["box"] is not None for line in frames)
    print(
        f"\nThe demo took {time.monotonic() - start:.0f} s. Of the film's {len(frames)} frames, "
        f"{boxes} have a box.\n"
        f"Look at {to}/sheet.png (truth and prediction) and {to}/overlay.mp4 (the moving picture); "
        f"{to}/frames.jsonl has one line a frame.\n"
        f"mean IoU {figures['mean_iou']:.2f} through the int8 model on {figures['images']} scenes "
        "that it never saw"
    )


if __name__ == "__main__":
    main()
