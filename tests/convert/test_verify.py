"""``edge-convert verify`` measures float, file and device on the same pictures, and refuses."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from convert.cli import main
from edge.bundle import read_bundle
from edge.card import card_of, with_card
from edge.image import read_image
from train.floating import float_localizer, load_model
from train.run_folder import load_run


def said(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(main, ["verify", *(str(argument) for argument in arguments)])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output


@pytest.fixture(scope="module")
def eager(converted_model: Path, tmp_path_factory) -> Path:
    """The converted model with a threshold of 0, so that every picture has a box."""
    bundle = read_bundle(converted_model)
    card = dataclasses.replace(card_of(bundle), presence_threshold=0.0)
    path = tmp_path_factory.mktemp("eager") / "model.tflite"
    path.write_bytes(with_card(bundle.flatbuffer, card, bundle.files))
    return path


@pytest.fixture(scope="module")
def flattered(trained_run: Path, tmp_path_factory) -> Path:
    """The run with its float model's own boxes as the truth, since one epoch learns no better."""
    folder = tmp_path_factory.mktemp("flattered") / "run"
    shutil.copytree(trained_run, folder)
    run = load_run(folder)
    card = dataclasses.replace(run.card, presence_threshold=0.0)
    locate = float_localizer(load_model(run.model), card)
    notes = json.loads((folder / "run.json").read_text())
    for row, one in zip(notes["held_out"], run.examples("held_out"), strict=True):
        found = locate(read_image(one.path)).found
        if one.box is not None and found is not None:
            row["box"] = list(found.box.edges)
    (folder / "run.json").write_text(json.dumps(notes))
    return folder


@pytest.fixture
def answers(trained_run: Path, tmp_path: Path):
    """A file of a device's answers, and what it saw in every held-out picture."""

    def make(**seen: object) -> Path:
        path = tmp_path / "device.jsonl"
        examples = load_run(trained_run).examples("held_out")
        lines = [{"path": f"/home/pi/{one.name}", "presence": 0.1, **seen} for one in examples]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path

    return make


def test_float_file_and_device_are_told_and_left_as_a_report(
    trained_run: Path, eager: Path, answers, tmp_path: Path
) -> None:
    seen = answers(box=[0, 0, 1, 1], label="disc", score=0.5)
    out = tmp_path / "report"
    told = said(
        trained_run, eager, "--device-answers", seen, "--limit", 1, "--out", out,
    )  # fmt: skip
    for name in ("float", "int8", "device"):
        assert f"held out, {name}: mean IoU " in told
    assert "int8 less float: mean IoU " in told
    figures = json.loads((out / "verify.json").read_text())
    assert figures["passed"] is True
    assert set(figures["reports"]) == {"float", "int8", "device"}
    assert len(figures["pictures"]) == 6
    assert "<b>Passed.</b>" in (out / "verify.html").read_text()


def test_a_device_that_sees_nothing_is_refused_and_the_report_is_left(
    flattered: Path, eager: Path, answers, tmp_path: Path
) -> None:
    told = said(
        flattered, eager, "--device-answers", answers(box=None), "--limit", 0.5,
        "--out", tmp_path / "report",
        code=1,
    )  # fmt: skip
    assert "held out, device: mean IoU 0.000" in told
    assert "Error: device loses " in told and "and the limit is 0.5; see that" in told
    assert "<b>Refused.</b>" in (tmp_path / "report" / "verify.html").read_text()


def test_a_model_of_another_training_is_refused(
    trained_run: Path, converted_model: Path, tmp_path: Path
) -> None:
    bundle = read_bundle(converted_model)
    card = dataclasses.replace(card_of(bundle), made={"weights_sha256": "0" * 64})
    other = tmp_path / "other.tflite"
    other.write_bytes(with_card(bundle.flatbuffer, card))
    assert "was not converted from" in said(trained_run, other, code=1)


def test_another_projects_model_is_refused(
    trained_run: Path, converted_model: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.tflite"
    other.write_bytes(read_bundle(converted_model).flatbuffer)
    assert "carries no localizer.json" in said(trained_run, other, code=1)


def test_a_run_without_a_model_is_refused(converted_model: Path, tmp_path: Path) -> None:
    assert "has no run.json, so it is no finished" in said(tmp_path, converted_model, code=1)


def test_a_run_that_lost_its_model_is_refused(
    trained_run: Path, converted_model: Path, tmp_path: Path
) -> None:
    shutil.copy(trained_run / "run.json", tmp_path)
    assert "has no model.keras, so it is no" in said(tmp_path, converted_model, code=1)


def test_an_existing_report_is_kept(trained_run: Path, eager: Path, tmp_path: Path) -> None:
    told = said(trained_run, eager, "--out", tmp_path, code=1)
    assert "exists and is not overwritten" in told


def test_a_run_that_held_nothing_out_measures_nothing(
    trained_run: Path, eager: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(trained_run, run)
    notes = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(notes | {"held_out": []}))
    assert "held out no picture with an object, so nothing" in said(run, eager, code=1)


def test_pictures_that_moved_are_found(
    trained_run: Path, eager: Path, drawn_set: Path, tmp_path: Path
) -> None:
    run, moved = tmp_path / "run", tmp_path / "moved"
    shutil.copytree(trained_run, run)
    shutil.copytree(drawn_set, moved)
    notes = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(notes | {"data": str(tmp_path / "gone")}))
    assert "(with 5 more of 6) is gone, " in said(run, eager, code=1)
    assert "held out, int8" in said(run, eager, "--data", moved, "--limit", 1)
