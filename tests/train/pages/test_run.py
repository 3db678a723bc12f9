"""RUN's page says what the run says, in one file that asks no other host for anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge.box import Box
from edge.image import write_image
from edge.observation import Answer, Localization
from train.epochs import History
from train.example import Example
from train.pages.evaluation import class_reliability, measured, presence_reliability
from train.pages.gallery import extremes
from train.pages.run import training_curves
from train.run_folder import digest, load_run

TRUE, OFF = Box(0.2, 0.2, 0.6, 0.6), Box(0.2, 0.2, 0.6, 0.5)
EVIL = '<script src="https://evil.example/x.js">&'


@pytest.fixture
def text(trained_run: Path) -> str:
    return (trained_run / "report.html").read_text()


def answered(path: Path, box: Box | None, told: str | None, score: float = 0.9):
    found = Localization(OFF, told, score) if told is not None else None
    return Example(path, box, "cat" if box else None), Answer(found, score)


def test_the_page_asks_nobody_for_anything(text: str, asks_nobody: Callable) -> None:
    tags = [tag for tag, _ in asks_nobody(text)]
    assert tags.count("image") == 6  # of the held-out pictures
    assert "svg" in tags


def test_it_names_the_very_model_and_pictures(text: str, trained_run: Path) -> None:
    assert digest(trained_run / "model.keras") in text
    assert load_run(trained_run).data_digest in text
    versions = json.loads((trained_run / "run.json").read_text())["versions"]
    assert f"keras {versions['keras']}" in text
    assert "validation views without the object (0.01 of them may), and not by " in text


def test_every_part_is_there(text: str) -> None:
    for title in (
        "The training", "Each class of the 6 pictures", "Whether its confidence is true",
        "The 4 worst pictures", "The 2 best pictures", "The network", "Where this comes from",
    ):  # fmt: skip
        assert f"<h2>{title}</h2>" in text


def test_the_curves_have_every_epoch_and_figure() -> None:
    rows = [{"epoch": n, "loss": 1 / n, "val_loss": 2 / n, "label_loss": 3.0} for n in (1, 2, 3)]
    drawn = training_curves(History(rows, best=2))
    assert "3 epochs; at the last training 0.333, validation 0.667" in drawn
    assert "kept: epoch 2 of 3" in drawn
    assert drawn.index("loss, by epoch") < drawn.index("loss of the class, by epoch")
    assert drawn.count("<svg") == 2


def test_a_figure_of_a_later_stage_begins_there() -> None:
    rows = [{"epoch": 1.0, "loss": 2.0}, {"epoch": 2.0, "loss": 1.0, "bbox_iou": 0.5}]
    assert "mean IoU, by epoch" in training_curves(History(rows, best=2))


def test_names_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", np.full((60, 80, 3), 128, np.uint8))
    text = measured([answered(tmp_path / "a.png", TRUE, EVIL)])
    assert "<script" not in text
    assert "&lt;script src=&quot;https://evil.example" in text


def test_truth_and_prediction_are_drawn_where_they_are(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", np.full((50, 100, 3), 128, np.uint8))
    text = measured([answered(tmp_path / "a.png", TRUE, "dog")])
    assert '<rect class="truth" x="20.0" y="10.0" width="40.0" height="20.0"/>' in text
    assert '<rect class="found" x="20.0" y="10.0" width="40.0" height="15.0"/>' in text
    assert "<b>dog 0.90</b>, is cat<br>IoU 0.75<br>a.png" in text


def test_no_picture_is_both_best_and_worst() -> None:
    pairs = [answered(Path(f"{n}.png"), TRUE, "cat") for n in range(10)]
    worst, best = extremes(pairs)
    assert len(worst) + len(best) == 10
    assert not {e.name for e, _ in worst} & {e.name for e, _ in best}


def test_reliability_counts_what_was_found_in_pictures_with_an_object() -> None:
    pairs = [
        answered(Path("a.png"), TRUE, "cat", 0.95),
        answered(Path("b.png"), TRUE, "dog", 0.95),
        answered(Path("c.png"), TRUE, None, 0.2),
        answered(Path("d.png"), None, None, 0.05),
    ]
    of_class, of_presence = class_reliability(pairs), presence_reliability(pairs)
    assert of_class is not None
    assert of_presence is not None
    assert [(one.right, one.count) for one in of_class.bins] == [(0.5, 2)]
    assert of_presence.count == 4
    assert presence_reliability(pairs[:3]) is None  # nothing to hold it against


def test_without_held_out_pictures_the_page_says_so() -> None:
    assert "nothing was measured" in measured([])
