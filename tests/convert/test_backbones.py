"""The first MobileNet goes the whole way: trained, converted, and loadable everywhere."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

import convert.cli
import train.cli
from train.run_folder import load_run


def did(command, *arguments: object) -> str:
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def released(drawn_set: Path, tmp_path_factory) -> tuple[Path, Path]:
    """A run of one epoch with a narrow MobileNet, and its file."""
    folder = tmp_path_factory.mktemp("mobilenet")
    run, model = folder / "run", folder / "model.tflite"
    options = "--weights none --backbone mobilenet --alpha 0.25 --size 96 --epochs 1".split()
    did(train.cli.main, "fit", drawn_set, "--out", run, *options)
    did(convert.cli.main, "tflite", run, "--out", model, "--limit", 1)
    return run, model


def test_a_run_remembers_its_backbone(released) -> None:
    run = load_run(released[0])
    assert run.backbone == "mobilenet"
    assert run.settings["backbone"] == "mobilenet"


def test_the_file_says_its_backbone(released) -> None:
    card = json.loads(zipfile.ZipFile(released[1]).read("localizer.json"))
    assert card["made"]["backbone"] == "mobilenet"
    assert card["input"]["width"] == 96


def test_it_will_load_on_every_target(released) -> None:
    targets = "edgetpu bookworm trixie tflite-runtime-2.14 rpicam-apps".split()
    said = did(
        convert.cli.main, "check", released[1], *(f"--target={target}" for target in targets)
    )
    assert "input UINT8 (1, 96, 96, 3)" in said
    assert "edgetpu: will load in the Edge TPU's compiler 16" in said
