"""A run that was trained in float16 is a run like any other."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

import convert.cli
import train.cli
from train.floating import load_model


def did(command, *arguments: object) -> str:
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def run(drawn_set: Path, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("mixed") / "run"
    options = "--weights none --backbone mobilenet --alpha 0.25 --size 32 --epochs 3 --batch 2"
    did(train.cli.main, "fit", drawn_set, "--out", out, *options.split(), "--mixed-precision")
    return out


def test_its_losses_are_numbers_and_its_weights_have_moved(run: Path) -> None:
    rows = json.loads((run / "report.json").read_text())["history"]
    assert np.isfinite([row["loss"] for row in rows]).all()
    # The loss scale skips steps until it is small enough: on some processors more than the eleven
    # of an epoch. Statistics alone would not move the biases that start at zero.
    label = load_model(run / "model.keras").get_layer("head").get_layer("label")
    assert np.abs(label.get_weights()[1]).max() > 0


def test_its_model_is_float32_throughout(run: Path) -> None:
    model = load_model(run / "model.keras")
    parts = [model.get_layer("features"), model.get_layer("head")]
    assert {layer.compute_dtype for part in parts for layer in part.layers} == {"float32"}


def test_it_converts_to_int8(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.tflite"
    did(convert.cli.main, "tflite", run, "--out", out, "--limit", 1)
    assert "edgetpu: will load" in did(convert.cli.main, "check", out, "--target", "edgetpu")
