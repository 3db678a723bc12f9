"""Every form of a trained model answers through the same door, and others are refused by name."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from edge.card import Card
from edge.errors import LocalizerError
from train.models import describe, open_model
from train.run_folder import digest


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (90, 120, 3)).astype(np.uint8)


def raw(path: Path) -> dict[str, np.ndarray]:
    """What the model in ``path`` gives for a picture, before it is decoded."""
    localize = open_model(path).localize
    outputs = localize.infer(localize.prepare(picture()))
    return {name: np.array(outputs[name]) for name in outputs}


def test_a_run_and_its_file_are_the_same_model(trained_run: Path) -> None:
    of_run, of_file = raw(trained_run), raw(trained_run / "model.keras")
    assert set(of_run) == {"attention", "offsets", "label", "presence"}
    for name, values in of_run.items():
        assert np.array_equal(values, of_file[name])


def test_a_keras_file_can_be_used_far_from_its_run(trained_run: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.keras"
    shutil.copy(trained_run / "model.keras", alone)
    moved, home = open_model(alone), open_model(trained_run)
    assert moved.card == home.card
    assert moved.run is None
    assert home.run is not None


def test_an_older_keras_file_says_that_it_needs_its_run(trained_run: Path, tmp_path: Path) -> None:
    alone = tmp_path / "old.keras"
    shutil.copy(trained_run / "model.keras", alone)
    with zipfile.ZipFile(alone, "a") as archive:
        archive.comment = b""
    with pytest.raises(LocalizerError, match="says neither its labels nor its threshold"):
        open_model(alone)


def test_an_older_run_is_opened_by_its_notes(trained_run: Path, tmp_path: Path) -> None:
    old = tmp_path / "run"
    shutil.copytree(trained_run, old)
    with zipfile.ZipFile(old / "model.keras", "a") as archive:
        archive.comment = b""
    assert open_model(old / "model.keras").card.labels == ("disc", "star", "triangle")


def test_a_keras_file_with_the_card_of_another_is_refused(
    trained_run: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "other.keras"
    shutil.copy(trained_run / "model.keras", alone)
    describe(alone, Card(96, 96, ("disc", "star", "triangle")))
    with pytest.raises(LocalizerError, match=r"sees pixels of shape \(None, 64, 64, 3\)"):
        open_model(alone)


def test_a_tflite_file_brings_its_card_and_hash(tiny_model: Path) -> None:
    opened = open_model(tiny_model)
    told = opened.to_json()
    assert told["labels"] == ["red", "blue"]
    assert told["size"] == [32, 32]
    assert told["sha256"] == digest(tiny_model)
    assert opened.localize.infer(np.zeros((32, 32, 3), np.uint8))["label"].shape == (2,)


@pytest.mark.parametrize("name", ["model.keras", "model.tflite", "model.onnx"])
def test_a_file_that_only_has_the_name_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("nothing")
    with pytest.raises(LocalizerError, match=name):
        open_model(tmp_path / name)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_text("nothing")
    with pytest.raises(LocalizerError, match=r"a file that ends in \.keras, \.tflite, \.onnx"):
        open_model(tmp_path / "model.pt")


def test_an_absent_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalizerError, match="does not exist; name a RUN of edge-train fit"):
        open_model(tmp_path / "gone.tflite")
