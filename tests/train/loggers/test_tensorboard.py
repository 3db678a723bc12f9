"""The event files hold what TensorBoard shows: curves by part, and pictures with boxes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

from edge.box import Box
from edge.observation import Answer, Localization
from train.example import Example
from train.loggers.logger import Seen
from train.loggers.tensorboard import TensorBoard

Events = Callable[[Path], list[tuple[int, str, Any]]]
BOX = Box(0.25, 0.25, 0.75, 0.75)


def seen(found: Localization | None) -> Seen:
    example = Example(Path("photos/a.jpg"), BOX, "cat")
    return Seen(example, np.full((100, 200, 3), 90, np.uint8), Answer(found, 0.9))


def test_training_and_validation_share_the_names_of_their_curves(
    tmp_path: Path, events: Events
) -> None:
    import tensorflow as tf

    log = TensorBoard(tmp_path)
    for epoch in (1.0, 2.0):
        log.epoch({"epoch": epoch, "loss": 1 / epoch, "val_loss": 2 / epoch, "stage": 0.0})
    log.close()
    for part, first in (("training", 1.0), ("validation", 2.0)):
        told = events(tmp_path / part)
        assert [(step, tag) for step, tag, _ in told] == [(1, "loss"), (2, "loss")]
        assert float(tf.make_ndarray(told[0][2].tensor)) == first
        assert told[0][2].metadata.plugin_data.plugin_name == "scalars"


def test_pictures_show_truth_and_what_was_found(tmp_path: Path, events: Events) -> None:
    import tensorflow as tf

    log = TensorBoard(tmp_path)
    log.pictures(1, [seen(Localization(Box(0.0, 0.0, 0.5, 0.5), "dog", 0.8)), seen(None)])
    log.close()
    boxed, nothing = events(tmp_path / "validation")
    assert boxed[:2] == (1, "a.jpg")
    assert boxed[2].metadata.plugin_data.plugin_name == "images"
    width, height, png = tf.make_ndarray(boxed[2].tensor).tolist()
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (int(height), int(width), 3)
    colours = {tuple(pixel) for pixel in picture.reshape(-1, 3).tolist()}
    assert (118, 230, 0) in colours  # the truth's green, in BGR
    assert (0, 208, 255) in colours  # the yellow of what was found
    other = cv2.imdecode(
        np.frombuffer(tf.make_ndarray(nothing[2].tensor).tolist()[2], np.uint8), cv2.IMREAD_COLOR
    )
    assert (0, 208, 255) not in {tuple(pixel) for pixel in other.reshape(-1, 3).tolist()}


def test_pictures_are_wanted_now_and_then(tmp_path: Path) -> None:
    log = TensorBoard(tmp_path)
    assert [epoch for epoch in range(1, 12) if log.wants_pictures(epoch)] == [1, 5, 10]


def test_a_training_leaves_its_log_in_the_run(trained_run: Path, events: Events) -> None:
    told = events(trained_run / "tensorboard" / "validation")
    assert "loss" in {tag for _, tag, _ in told}
    pictures = [value for _, _, value in told if value.metadata.plugin_data.plugin_name == "images"]
    assert len(pictures) == 3  # one for each validation picture
    assert not trained_run.with_name("run.tensorboard").exists()
