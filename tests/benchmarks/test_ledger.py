"""Rows are found by their key, replaced whole, and say by which code they were measured."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from benchmarks.ledger import Ledger


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a program and its ledger, both committed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "program.py").write_text("1")
    (tmp_path / "benchmarks" / "rows.json").write_text("[]")
    person = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "--quiet"], ["add", "."], [*person, "commit", "--quiet", "-m", "a"]):
        subprocess.run(["git", *words], check=True, cwd=tmp_path)
    return tmp_path


def rows_of(project: Path) -> list[dict[str, object]]:
    return list(json.loads((project / "benchmarks" / "rows.json").read_text()))


def test_rows_of_a_run_do_not_make_the_next_one_dirty_and_changed_code_does(project: Path) -> None:
    ledger = Ledger(project / "benchmarks" / "rows.json", ("fold",))
    for fold in (0, 1):
        ledger.add({"fold": fold})
    clean, second = (str(row["commit"]) for row in rows_of(project))
    assert clean == second and not clean.endswith("-dirty")
    (project / "program.py").write_text("2")
    ledger.add({"fold": 2})
    assert rows_of(project)[2]["commit"] == f"{clean}-dirty"


def test_a_row_with_the_same_key_is_replaced_and_the_others_stay(project: Path) -> None:
    ledger = Ledger(project / "benchmarks" / "rows.json", ("part", "fold"))
    for row in ({"part": "a", "fold": 0}, {"part": "b", "fold": 0}, {"part": "a", "fold": 1}):
        ledger.add(row | {"iou": 0.1})
    ledger.add({"part": "a", "fold": 0, "iou": 0.9})
    told = [(row["part"], row["fold"], row["iou"]) for row in rows_of(project)]
    assert told == [("a", 0, 0.9), ("a", 1, 0.1), ("b", 0, 0.1)]
    assert Ledger(project / "benchmarks" / "rows.json", ("part", "fold")).rows == ledger.rows
