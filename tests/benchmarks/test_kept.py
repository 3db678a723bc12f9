"""The files of measured rows are asked once each, about what their training held out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import kept
from benchmarks.kept import Question, asks_kept, kept_file, wanted_rows


@pytest.fixture
def asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[Question], Callable[..., str]]:
    """The questions so far, and a call of the command that asks them, about ten pictures."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(kept, "HERE", tmp_path)
    for number in range(10):
        path = tmp_path / "data" / "things" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.zeros((8, 8, 3), np.uint8))
        path.with_suffix(".xml").write_text("<annotation/>")  # nothing is there
    questions: list[Question] = []
    command = asks_kept("question", lambda q: questions.append(q) or {"said": 1}, "things", "Ask.")

    def run(*options: str) -> str:
        return (
            CliRunner().invoke(command, ["--data", "data", *options], catch_exceptions=False).output
        )

    return questions, run


def keep(**row: object) -> Path:
    path = kept_file({"part": "test", "data": "things", "model": "ours", "seed": 0} | row)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_rows_come_fold_by_fold_and_lists_have_commas() -> None:
    rows = list(wanted_rows("test", "pets,produce", "ours", "0,3", "0"))
    assert [(row["fold"], row["data"]) for row in rows] == [
        (0, "pets"),
        (0, "produce"),
        (3, "pets"),
        (3, "produce"),
    ]


def test_each_kept_file_is_asked_once(asked, tmp_path: Path) -> None:
    questions, run = asked
    model = keep(fold=1)
    said = run("--folds", "0,1")
    assert "things-ours-0-0.tflite is not there; python -m benchmarks.accuracy makes it" in said
    assert [question.model for question in questions] == [model]
    run("--folds", "0,1")
    assert len(questions) == 1
    (row,) = json.loads((tmp_path / "question.json").read_text())
    assert row["fold"] == 1 and row["said"] == 1


def test_a_file_that_was_made_anew_is_asked_anew_and_one_that_is_gone_keeps_its_row(
    asked, tmp_path: Path
) -> None:
    questions, run = asked
    model = keep(fold=1)
    run("--folds", "1")
    model.write_bytes(b"another")
    run("--folds", "1")
    assert len(questions) == 2
    model.unlink()
    assert "is not there" not in run("--folds", "1")
    assert len(json.loads((tmp_path / "question.json").read_text())) == 1


def test_a_file_is_asked_about_the_pictures_of_its_part(asked) -> None:
    questions, run = asked
    keep(fold=0)
    keep(fold=0, part="validation")
    run("--folds", "0")
    run("--folds", "0", "--part", "validation")
    test, validation = ({e.name for e in question.examples} for question in questions)
    assert (len(test), len(validation)) == (2, 1) and not test & validation
