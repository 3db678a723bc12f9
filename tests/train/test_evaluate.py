"""Figures of a whole set and of each class, by the command and by hand."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from edge.box import Box
from edge.observation import Answer, Localization
from train.cli import main
from train.evaluate import called_instead, per_class, unseen
from train.example import Example
from train.run_folder import load_run

TRUE, HALF = Box(0.2, 0.2, 0.6, 0.6), Box(0.2, 0.2, 0.6, 0.4)


def seen(label: str | None, box: Box | None, told: str | None, where: Box = TRUE):
    """A picture of ``label`` that the model called ``told``."""
    found = Localization(where, told, 0.9) if told is not None else None
    return Example(Path("a.png"), box, label), Answer(found, 0.9)


def test_each_class_has_its_own_figures() -> None:
    cat, dog = per_class([
        seen("cat", TRUE, "cat"),
        seen("cat", TRUE, "dog", HALF),
        seen("dog", TRUE, "dog"),
        seen("dog", TRUE, None),
        seen(None, None, "cat"),
    ])  # fmt: skip
    assert (cat.label, dog.label) == ("cat", "dog")
    assert cat.report.mean_iou == pytest.approx((1.0 + 0.5) / 2)
    assert cat.report.accuracy == pytest.approx(1 / 2)  # one of two cats was called so
    assert cat.precision == pytest.approx(1 / 2)  # the other "cat" was an empty picture
    assert dog.report.withheld == 1
    assert called_instead(cat) == "dog 1"
    assert called_instead(dog) == "nothing 1"


def test_a_class_that_was_never_said_has_no_precision() -> None:
    (cat,) = per_class([seen("cat", TRUE, None)])
    assert cat.precision is None
    assert cat.to_json()["accuracy"] == 0.0


def test_a_class_that_only_the_model_knows_is_listed() -> None:
    labels = [one.label for one in per_class([seen("cat", TRUE, "newt")])]
    assert labels == ["cat", "newt"]


def evaluated(*arguments: object) -> str:
    result = CliRunner().invoke(main, ["evaluate", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_held_out_pictures_give_the_figures_of_the_training(
    trained_run: Path, drawn_set: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    said = evaluated(trained_run, drawn_set, "--unseen-by", trained_run, "--out", out)
    assert "left out: 24 pictures" in said
    assert "precision" in said
    told = json.loads((out / "evaluation.json").read_text())
    wanted = json.loads((trained_run / "report.json").read_text())
    assert told["report"] == {name: wanted[name] for name in told["report"]}
    assert {one["label"] for one in told["classes"]} <= {"disc", "star", "triangle"}
    assert len(told["pictures"]) == 6


def test_pictures_that_trained_the_model_are_named(trained_run: Path, drawn_set: Path) -> None:
    said = evaluated(trained_run / "model.keras", drawn_set)
    assert "note: 24 of these 30 pictures trained the model, so the figures are too good" in said


def test_classes_that_the_model_does_not_know_are_named(tiny_model: Path, drawn_set: Path) -> None:
    said = evaluated(tiny_model, drawn_set)
    assert "the model does not know disc, star, triangle" in said
    assert "it knows red, blue" in said


def test_a_closer_look_is_measured_and_told(tiny_model: Path, tmp_path: Path) -> None:
    photos, told = tmp_path / "photos", {}
    photos.mkdir()
    picture = np.zeros((320, 320, 3), np.uint8)
    picture[60:200, 90:170, 2] = 255  # red, as OpenCV writes it
    cv2.imwrite(str(photos / "a.png"), picture)
    (photos / "boxes.csv").write_text("filename,x1,y1,x2,y2,label\na.png,90,60,170,200,red\n")
    for name, more in (("one", ()), ("two", ("--closer",))):
        evaluated(tiny_model, photos, "--out", tmp_path / name, *more)
        told[name] = json.loads((tmp_path / name / "evaluation.json").read_text())
    assert [told[name]["model"]["closer"] for name in ("one", "two")] == [False, True]
    one, two = (told[name]["report"]["mean_iou"] for name in ("one", "two"))
    assert 0 < one != two


def test_nothing_left_to_measure_is_an_error(trained_run: Path, tmp_path: Path) -> None:
    run = load_run(trained_run)
    examples = run.examples("train")
    assert unseen(run, examples) == []
    assert unseen(run, run.examples("held_out")) == run.examples("held_out")
