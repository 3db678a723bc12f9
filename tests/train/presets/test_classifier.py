"""A classifier is trained on folders as labels, and its weights go into the localizer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

from convert.cli import main as convert_main
from edge.image import picture_paths, read_image
from train.cli import main
from train.floating import load_model
from train.readers.data import read_data

SMALL = "--weights none --size 64 --alpha 0.25 --epochs 1 --batch 9".split()


@pytest.fixture(scope="module")
def folders(drawn_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn scenes with a shape, in a folder for each class and without their boxes."""
    root = tmp_path_factory.mktemp("folders")
    for example in read_data(drawn_set).examples:
        if example.label is not None:
            (root / example.label).mkdir(exist_ok=True)
            shutil.copy(example.path, root / example.label)
    return root


@pytest.fixture(scope="module")
def classifier(folders: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model of a trained classifier."""
    out = tmp_path_factory.mktemp("classifier") / "run"
    arguments = ["fit", str(folders), "--out", str(out), "--heads", "class", *SMALL]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "class right" in result.output
    assert f"--preset snacks --classifier {out / 'model.keras'}" in result.output
    return out / "model.keras"


def test_the_report_of_a_classifier_is_about_classes_alone(classifier: Path) -> None:
    figures = json.loads((classifier.parent / "report.json").read_text())
    assert figures["mean_iou"] is None and 0 <= figures["accuracy"] <= 1
    assert np.ptp(read_image(classifier.parent / "worst.png")) > 100


def test_a_classifier_is_no_file_for_a_device(classifier: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.tflite"
    result = CliRunner().invoke(convert_main, ["tflite", str(classifier.parent), "--out", str(out)])
    assert result.exit_code == 1 and not out.exists()
    assert "is a classifier, which tells classes and finds no box" in result.output
    assert "--preset snacks --classifier" in result.output


def localizer(data: Path, out: Path, classifier: Path, *options: str) -> str:
    arguments = f"fit {data} --out {out} --preset snacks --classifier {classifier}".split()
    result = CliRunner().invoke(main, [*arguments, *SMALL[2:], *options])
    assert "Traceback" not in result.output
    return result.output


def test_backbone_and_dense_weights_are_put_in_place_and_the_backbone_stays(
    drawn_set: Path, classifier: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    said = localizer(drawn_set, out, classifier)
    assert "written" in said, said
    before, after = load_model(classifier), load_model(out / "model.keras")
    old, new = (model.get_layer("features").get_weights() for model in (before, after))
    assert all(np.array_equal(a, b) for a, b in zip(old, new, strict=True))
    dense = [model.get_layer("label").get_weights()[0] for model in (before, after)]
    moved = np.abs(dense[0] - dense[1]).max()
    assert 0 < moved < 0.02  # two steps of Adam at 0.001 from where the classifier stood


def test_a_classifier_of_other_classes_is_refused(
    drawn_set: Path, classifier: Path, tmp_path: Path
) -> None:
    shutil.copytree(classifier.parent, tmp_path / "cats")
    notes = json.loads((tmp_path / "cats" / "run.json").read_text())
    notes["labels"] = ["cat", "dog"]
    (tmp_path / "cats" / "run.json").write_text(json.dumps(notes))
    said = localizer(drawn_set, tmp_path / "run", tmp_path / "cats" / "model.keras")
    assert "tells cat, dog apart but the pictures show disc, star, triangle" in said


def test_a_classifier_of_another_width_is_refused(
    drawn_set: Path, classifier: Path, tmp_path: Path
) -> None:
    said = localizer(drawn_set, tmp_path / "run", classifier, "--alpha", "0.5")
    assert "does not fit as --classifier, in its part 'features'" in said
    assert "with the same --alpha" in said


def test_another_network_is_no_classifier(
    drawn_set: Path, trained_run: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "model.keras"
    shutil.copy(trained_run / "model.keras", alone)
    said = localizer(drawn_set, tmp_path / "run", alone)
    assert f"{alone} does not fit as --classifier" in said


def test_folders_without_boxes_train_no_localizer(folders: Path, tmp_path: Path) -> None:
    arguments = ["fit", str(folders), "--out", str(tmp_path / "run"), "--preset", "mnist"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert "has classes and no boxes" in result.output
    assert len(picture_paths(folders / "disc")) == 8
