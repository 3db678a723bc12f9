"""The circle by its commands: a device collects, ssh brings it, a person corrects, it trains."""

from __future__ import annotations

import getpass
import json
import subprocess
import sys

import numpy as np
import pytest

from edge.image import decoded, resized, write_image
from edge.sources.fake import picture, true_box
from train.readers.data import read_data

SIZE = (320, 240)


def scene(index):
    """A frame of the fake camera's, each before a background of its own: no near duplicates."""
    return picture("shapes", index, SIZE, seed=index)


SHOWN = range(0, 400, 50)
"""Frames of the fake camera's scene that the device sees."""


def said(module, *words):
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def true_edges(content):
    """What a person sees: where the object of a collected frame is in truth, in pixels."""
    pixels = resized(decoded(content, "a collected frame"), *SIZE).astype(int)
    index = min(SHOWN, key=lambda one: np.abs(scene(one) - pixels).mean())
    return true_box("shapes", index, SIZE).in_pixels(*SIZE)


def test_a_device_collects_a_person_corrects_and_it_trains_again(
    ssh_server, label_page, person, tiny_model, drawn_set, tmp_path
):
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    seen, device, mine = tmp_path / "seen", tmp_path / "device", tmp_path / "mine"
    seen.mkdir()
    for index in SHOWN:
        write_image(seen / f"{index:03d}.png", scene(index))

    said("edge", "--images", seen, "--model", tiny_model, "--collect", device)
    collected = len(list(device.glob("*.jpg")))
    assert collected >= 2

    place = f"{getpass.getuser()}@127.0.0.1:{device}"
    told = said("edge.device_cli", "pull", place, mine, "--ssh", ssh_server)
    assert told == f"{collected} frames came to {mine}, 0 were there\n"

    with label_page(mine, "--classes", "star,disc") as address:
        hand = person(address)
        for number in range(collected):
            hand.shown(number)
            left, top, right, bottom = true_edges(hand.page.locator("#sheet").screenshot())
            hand.press("0")  # what the model proposed goes
            hand.drag((left, top), (right, bottom))
            hand.press("1")
            hand.saved()
            hand.press("Enter")
    corrected = read_data(mine).examples
    assert len(corrected) == collected
    for example in corrected:
        assert example.label == "star"
        edges = example.box.in_pixels(*SIZE)
        assert np.abs(np.subtract(edges, true_edges(example.path.read_bytes()))).max() <= 1

    options = "--weights none --size 64 --alpha 0.35 --epochs 1 --batch 8".split()
    run = tmp_path / "run"
    told = said("train", "fit", drawn_set, "--also", mine, "--out", run, *options)
    assert f"{collected} pictures more to train on" in told
    assert json.loads((run / "report.json").read_text())["epochs"] == 1
