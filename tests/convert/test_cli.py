"""``edge-convert tflite`` makes a file that runs, or says in one sentence why not."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
from click.testing import CliRunner

from convert.cli import main
from edge.bundle import with_bundle
from edge.localizer import load_localizer


def told(*arguments: object) -> str:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code != 0, result.output
    assert "Traceback" not in result.output
    return result.output


def test_the_file_says_what_it_is_and_how_good(converted_model: Path) -> None:
    content = json.loads(zipfile.ZipFile(converted_model).read("localizer.json"))
    assert content["labels"] == ["disc", "star", "triangle"]
    assert content["input"]["width"] == content["input"]["height"] == 64
    assert set(content["quality"]) == {"float", "int8"}
    assert content["quality"]["int8"]["images"] == content["quality"]["float"]["images"] > 0


def test_the_device_loads_the_file(converted_model: Path) -> None:
    locate, _ = load_localizer(converted_model)
    answer = locate(np.zeros((48, 80, 3), np.uint8))
    assert 0 <= answer.presence <= 1
    assert set(answer.ms) == {"resize", "invoke", "decode"}


def test_an_existing_file_is_kept(trained_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.tflite"
    out.write_text("mine")
    assert "exists and is not overwritten" in told("tflite", trained_run, "--out", out)
    assert out.read_text() == "mine"


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    said = told("tflite", tmp_path, "--out", tmp_path / "model.tflite")
    assert "has no run.json, so it is no finished training; make one with edge-train fit" in said


def test_a_folder_that_is_not_there_is_named(trained_run: Path, tmp_path: Path) -> None:
    said = told("tflite", trained_run, "--out", tmp_path / "gone" / "model.tflite")
    assert f"{tmp_path / 'gone'} is no folder" in said


def test_the_card_says_the_precision_and_measures_it(kinds: dict[str, Path]) -> None:
    content = json.loads(zipfile.ZipFile(kinds["float16"]).read("localizer.json"))
    assert content["made"]["precision"] == "float16"
    assert set(content["quality"]) == {"float", "float16"}
    found = load_localizer(kinds["float16"])[0](np.zeros((48, 80, 3), np.uint8))
    assert 0 <= found.presence <= 1


ALL = "--target bookworm --target trixie --target tflite-runtime-2.14 --target edgetpu".split()


def test_a_released_file_will_load_everywhere(converted_model: Path) -> None:
    result = CliRunner().invoke(
        main, ["check", str(converted_model), *ALL, "--target", "rpicam-apps"]
    )
    assert result.exit_code == 0, result.output
    first, *rest = result.output.splitlines()
    assert "input UINT8 (1, 64, 64, 3)" in first
    assert rest[0] == "bookworm: will load in ai-edge-litert"
    assert len(rest) == 5


def test_a_violation_is_told_with_its_target_and_an_exit_code(
    tiny_flatbuffer, compiled, tmp_path: Path
) -> None:
    path = tmp_path / "model_edgetpu.tflite"
    path.write_bytes(compiled(tiny_flatbuffer, minimal_runtime=15))
    said = told("check", path, "--target", "edgetpu", "--target", "trixie")
    assert "wants Edge TPU runtime 15 or newer (compiler 16.0)" in said
    assert "carries no localizer.json: edge-run refuses it" in said
    assert "\nedgetpu: it wants Edge TPU runtime 15 but libedgetpu is 14" in said
    assert "\ntrixie: edgetpu-custom-op runs on an Edge TPU only" in said


def test_a_card_that_edge_run_refuses_is_told(tiny_flatbuffer, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(with_bundle(tiny_flatbuffer, {"localizer.json": b"{"}))
    said = CliRunner().invoke(main, ["check", str(path), "--target", "trixie"]).output
    assert "edge-run refuses it, other programs do not: " in said
    assert "model.tflite has a damaged localizer.json" in said
    assert "\ntrixie: will load in ai-edge-litert" in said


def test_a_file_that_is_no_model_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "photo.tflite"
    path.write_bytes(b"not a model at all")
    assert "photo.tflite is not a TFLite model" in told("check", path, "--target", "trixie")


def test_a_target_is_needed_and_the_known_ones_are_named(converted_model: Path) -> None:
    from convert.targets import TARGETS

    said = told("check", converted_model, "--target", "toaster")
    assert all(name in said for name in TARGETS)


def test_a_number_that_is_none_is_told_with_the_range_that_would_do(plain_numbers) -> None:
    said = told("tflite", "run", "--out", "model.tflite", "--limit", "1%")
    assert "Invalid value for '--limit': give a number from 0 to 1. Received: 1%\n" in said
    assert plain_numbers(main) == []
