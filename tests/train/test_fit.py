"""The whole training job leaves what it promises."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from edge.image import read_image
from train.run_folder import digest, load_run


def test_a_run_holds_model_report_and_pictures(trained_run: Path) -> None:
    assert {path.name for path in trained_run.iterdir()} == {
        "model.keras", "run.json", "report.json", "report.html", "curves.png", "worst.png",
        "tensorboard",
    }  # fmt: skip


def test_the_report_has_the_held_out_figures_beside_the_mean_box(trained_run: Path) -> None:
    figures = json.loads((trained_run / "report.json").read_text())
    run = load_run(trained_run)
    full = [example for example in run.examples("held_out") if example.box is not None]
    assert figures["images"] == len(full)
    for key in ("mean_iou", "iou50", "iou75", "accuracy"):
        assert 0 <= figures[key] <= 1
    assert 0 <= figures["withheld"] <= len(full)
    assert 0 < figures["mean_box"]["mean_iou"] < 1


def test_a_run_remembers_each_picture_with_its_hash_and_truth(
    trained_run: Path, drawn_set: Path
) -> None:
    run = load_run(trained_run)
    lists = [run.examples(name) for name in ("train", "validation", "held_out")]
    assert [len(examples) for examples in lists] == [21, 3, 6]
    first = run.lists["train"][0]
    assert first["sha256"] == digest(drawn_set / first["path"])


def test_the_pictures_of_a_run_can_be_looked_at(trained_run: Path) -> None:
    for name in ("curves.png", "worst.png"):
        assert np.ptp(read_image(trained_run / name)) > 100
