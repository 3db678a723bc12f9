"""``edge-train`` says in one sentence what it cannot do, and loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from train.cli import main


def told(*arguments: object) -> str:
    """What the command says when it refuses."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code != 0, result.output
    assert "Traceback" not in result.output
    return result.output


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert "holds no labelled picture" in told("fit", tmp_path, "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_existing_output_is_kept_as_it_is(drawn_set: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("mine")
    said = told("fit", drawn_set, "--out", tmp_path / "run")
    assert "exists and is not overwritten; name another or move it away" in said
    assert (tmp_path / "run" / "mine.txt").read_text() == "mine"


def test_a_size_that_does_not_fit_the_network_is_refused(drawn_set: Path, tmp_path: Path) -> None:
    said = told("fit", drawn_set, "--out", tmp_path / "run", "--size", 100)
    assert "--size is a multiple of 32. Received: 100" in said


@pytest.mark.parametrize("share", ["1.5", "-0.1", "nan"])
def test_an_impossible_share_is_refused(drawn_set: Path, tmp_path: Path, share: str) -> None:
    said = told("fit", drawn_set, "--out", tmp_path / "run", "--held-out", share)
    assert f"--held-out is a share from 0 to below 1, or a file. Received: {share}" in said


def test_an_absent_list_of_held_out_pictures_is_refused(drawn_set: Path, tmp_path: Path) -> None:
    said = told("fit", drawn_set, "--out", tmp_path / "run", "--held-out", tmp_path / "gone.txt")
    assert "cannot be read as a list of held-out pictures" in said


def test_a_file_that_holds_no_weights_is_refused(drawn_set: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    fake = tmp_path / "mine.weights.h5"
    fake.write_text("not weights")
    options = ("--size", 64, "--alpha", 0.35)
    said = told("fit", drawn_set, "--out", tmp_path / "run", "--weights", fake, *options)
    assert f"{fake} holds no weights for MobileNetV2 0.35" in said
    assert "give --weights FILE as Keras saves it" in said


def test_a_run_with_brackets_in_its_name_is_told_by_it(drawn_set: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    run = tmp_path / "of[" / "a] run[b]"
    options = ("--size", 64, "--weights", tmp_path / "gone.h5")  # ends what is not to be trained
    said = told("fit", drawn_set, "--out", run, "--resume", *options)
    assert f"note: {run}.part is not there, so the training starts from the beginning" in said


def test_classes_without_boxes_train_no_localizer(drawn_set: Path, tmp_path: Path) -> None:
    for number, picture in enumerate(sorted((drawn_set / "images").iterdir())):
        folder = tmp_path / "set" / ("cat" if number % 2 else "dog")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / picture.name).symlink_to(picture)
    said = told("fit", tmp_path / "set", "--out", tmp_path / "run")
    assert "has classes and no boxes" in said
    assert "and a localizer learns from boxes; draw some" in said


def test_drawn_scenes_do_not_overwrite_a_folder(tmp_path: Path) -> None:
    said = told("synth", "scenes", tmp_path, "--count", 1)
    assert "exists and is not overwritten" in said


def test_a_class_that_no_label_can_have_is_refused_before_the_page_opens(tmp_path: Path) -> None:
    arguments = ["label", str(tmp_path), "--classes", "cat,x\x1by"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert r"--classes has the class name 'x\x1by', and names are one line" in result.output


def test_a_number_that_is_none_is_told_with_the_range_that_would_do(plain_numbers) -> None:
    for number in ("abc", 10**30):
        said = told("fit", "photos", "--out", "run", "--epochs", number)
        rule = "Invalid value for '--epochs': give a whole number from 1 to 100,000. Received: "
        assert f"{rule}{number}\n" in said
    said = told("fit", "photos", "--out", "run", "--alpha", 0.02)
    assert "Invalid value for '--alpha': give a number from 0.05 to 2. Received: 0.02\n" in said
    assert plain_numbers(main) == []
