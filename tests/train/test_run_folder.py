"""RUN is made whole or not at all, and knows its pictures again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from edge.errors import LocalizerError
from train.run_folder import load_run, new_folder


def test_a_folder_appears_only_when_its_making_ends_well(tmp_path: Path) -> None:
    with new_folder(tmp_path / "out") as folder:
        (folder / "part").touch()
        assert not (tmp_path / "out").exists()
    assert (tmp_path / "out" / "part").exists()


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), new_folder(tmp_path / "out"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalizerError, match="exists and is not overwritten"), new_folder(tmp_path):
        pass


def test_a_link_to_nowhere_is_kept_as_well(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("nowhere")
    with (
        pytest.raises(LocalizerError, match="exists and is not overwritten"),
        new_folder(tmp_path / "out"),
    ):
        pass
    assert (tmp_path / "out").is_symlink()


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(LocalizerError, match="cannot be made: File name too long; name another"),
        new_folder(tmp_path / ("n" * 300)),
    ):
        pass


def test_a_folder_without_a_model_is_no_training(tmp_path: Path) -> None:
    with pytest.raises(LocalizerError, match=r"has no run\.json, so it is no finished training"):
        load_run(tmp_path)


def test_a_picture_that_changed_since_is_refused(trained_run: Path, tmp_path: Path) -> None:
    moved = tmp_path / "run"
    shutil.copytree(trained_run, moved)
    notes = json.loads((moved / "run.json").read_text())
    notes["held_out"][0]["sha256"] = "0" * 64
    (moved / "run.json").write_text(json.dumps(notes))
    with pytest.raises(LocalizerError, match=r"is not the picture that .* was trained with"):
        load_run(moved).examples("held_out")


def test_a_picture_that_is_gone_is_named(trained_run: Path, tmp_path: Path) -> None:
    moved = tmp_path / "run"
    shutil.copytree(trained_run, moved)
    notes = json.loads((moved / "run.json").read_text())
    notes["data"] = str(tmp_path)
    (moved / "run.json").write_text(json.dumps(notes))
    with pytest.raises(LocalizerError, match="is gone, but"):
        load_run(moved).examples("train")


@pytest.mark.parametrize("text", ["{", "[]", '{"settings": {}}'])
def test_damaged_notes_are_named(trained_run: Path, tmp_path: Path, text: str) -> None:
    moved = tmp_path / "run"
    shutil.copytree(trained_run, moved)
    (moved / "run.json").write_text(text)
    with pytest.raises(LocalizerError, match=r"run\.json is damaged"):
        load_run(moved)
