"""A kept network is converted and measured once more; what its row says of the training stays."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import again
from benchmarks.kept import kept_file
from edge.localizer import load_localizer
from train.network import build
from train.quiet import start_keras

ROW = {
    "part": "test", "data": "set", "model": "ours", "fold": 4, "seed": 0, "cpu_seconds": 9.0,
    "seconds": 10.0, "images_per_second": 20.0, "commit": "abc", "machine": "a Pi", "date": "then",
    "float": {"mean_iou": 0.2}, "int8": {"mean_iou": 0.1},
    "pictures": {"a.png": [0.1, 1.0], "b.png": [0.2, 1.0]},
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(again, "HERE", tmp_path)
    (tmp_path / "accuracy.json").write_text(json.dumps([ROW, ROW | {"fold": 3}]))
    return tmp_path


def asked(data: Path, folds: str) -> str:
    options = ["--data", str(data.parent), "--sets", data.name, "--folds", folds]
    return CliRunner().invoke(again.main, options, catch_exceptions=False).output


def test_new_figures_stand_beside_the_old_training(
    folder: Path, drawn_set: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ROW, "data", drawn_set.name)
    (folder / "accuracy.json").write_text(json.dumps([ROW, ROW | {"fold": 3}]))
    path = kept_file(ROW)
    path.parent.mkdir(parents=True)
    shutil.copy(tiny_model, path)
    start_keras(0)
    build(32, 0.35, 2, "none").save(path.with_suffix(".keras"))
    before = path.read_bytes()

    said = asked(drawn_set, "4")
    older, row = json.loads((folder / "accuracy.json").read_text())
    assert "int8 " in said and "before 0.1000" in said
    assert older["fold"] == 3 and older["commit"] == "abc"
    assert row["trained"] == {"commit": "abc", "machine": "a Pi", "date": "then"}
    assert (row["seconds"], row["images_per_second"], row["cpu_seconds"]) == (10.0, 20.0, 9.0)
    assert row["commit"] != "abc" and row["int8"]["images"] == 6
    assert path.read_bytes() != before
    assert load_localizer(path)[0].card.labels == ("red", "blue")


def test_what_was_not_kept_is_named_and_its_row_stays(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    assert "test-set-ours-4-0.tflite or its row is not there" in asked(tmp_path / "set", "4")
    assert json.loads((folder / "accuracy.json").read_text()) == [ROW, ROW | {"fold": 3}]
