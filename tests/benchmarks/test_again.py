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

FIGURES = {
    "seconds": 10.0, "images_per_second": 20.0, "cpu_seconds": 9.0,
    "commit": "abc", "versions": {}, "machine": "a Pi", "date": "then",
    "float": {"mean_iou": 0.2}, "int8": {"mean_iou": 0.1},
    "pictures": {"a.png": [0.1, 1.0], "b.png": [0.2, 1.0]},
}  # fmt: skip


def row(data: Path, fold: int) -> dict[str, object]:
    return {"part": "test", "data": data.name, "model": "ours", "fold": fold, "seed": 0, **FIGURES}


@pytest.fixture
def folder(drawn_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where rows of folds 3 and 4 of the drawn set lie."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(again, "HERE", tmp_path)
    (tmp_path / "accuracy.json").write_text(json.dumps([row(drawn_set, fold) for fold in (3, 4)]))
    return tmp_path


def asked(data: Path, folds: str) -> str:
    options = ["--data", str(data.parent), "--sets", data.name, "--folds", folds]
    return CliRunner().invoke(again.main, options, catch_exceptions=False).output


def test_new_figures_stand_beside_the_old_training(
    folder: Path, drawn_set: Path, tiny_model: Path
) -> None:
    path = kept_file(row(drawn_set, 4))
    path.parent.mkdir(parents=True)
    shutil.copy(tiny_model, path)
    start_keras(0)
    build(32, 0.35, 2, "none").save(path.with_suffix(".keras"))
    before = path.read_bytes()

    said = asked(drawn_set, "4")
    older, new = json.loads((folder / "accuracy.json").read_text())
    assert "int8 " in said and "before 0.1000" in said
    assert older == row(drawn_set, 3)
    training = ("commit", "versions", "machine", "date")
    assert new["trained"] == {name: FIGURES[name] for name in training}
    assert (new["seconds"], new["images_per_second"], new["cpu_seconds"]) == (10.0, 20.0, 9.0)
    assert new["machine"] != "a Pi" and new["int8"]["images"] == 6
    assert path.read_bytes() != before
    assert load_localizer(path)[0].card.labels == ("red", "blue")


def test_what_was_not_kept_is_named_and_its_row_stays(folder: Path, drawn_set: Path) -> None:
    assert "-ours-4-0.tflite or its row is not there" in asked(drawn_set, "4")
    rows = json.loads((folder / "accuracy.json").read_text())
    assert rows == [row(drawn_set, 3), row(drawn_set, 4)]


def test_networks_of_others_are_not_asked() -> None:
    told = CliRunner().invoke(again.main, ["--data", ".", "--models", "mean-box"])
    assert told.exit_code == 2 and "ours alone, not mean-box" in told.output
