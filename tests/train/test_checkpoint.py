"""An interrupted training goes on as if it had never stopped, and only that training does."""

from __future__ import annotations

import copy
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from edge.errors import LocalizerError
from train.checkpoint import Checkpoint, difference
from train.cli import main
from train.epochs import History, State

OPTIONS = (
    "--weights none --backbone mobilenet --alpha 0.25 --size 32 --epochs 3 --batch 8 --seed 4"
).split()
# edge-train, whose fifth step of nine, in the middle of the second epoch, is its last
KILLED = """
import os, signal, sys
from train.cli import main
from train.progress import Training
done, step = [], Training.step
def killed(self, stage):
    step(self, stage)
    done.append(stage)
    if len(done) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
Training.step = killed
main(sys.argv[1:])
"""


def fit(data: Path, out: Path, *options: str) -> str:
    result = CliRunner().invoke(main, ["fit", str(data), "--out", str(out), *OPTIONS, *options])
    assert "Traceback" not in result.output
    assert result.exit_code in (0, 1), result.output
    return result.output


@pytest.fixture(scope="module")
def interrupted(drawn_set: Path, tmp_path_factory) -> Path:
    """Where ``run`` is to be, of which only ``run.part`` is there."""
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    out = tmp_path_factory.mktemp("killed") / "run"
    command = [sys.executable, "-c", KILLED, "fit", str(drawn_set), "--out", str(out), *OPTIONS]
    root = Path(__file__).parents[2]
    killed = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert [path.name for path in out.parent.iterdir()] == ["run.part"]
    return out


@pytest.fixture(scope="module")
def both(drawn_set: Path, interrupted: Path, tmp_path_factory) -> tuple[Path, Path, str]:
    """A run that was never stopped, the interrupted one resumed, and what that said."""
    whole = tmp_path_factory.mktemp("whole") / "run"
    assert "epoch 3/3" in fit(drawn_set, whole)
    resumed = tmp_path_factory.mktemp("resumed") / "run"
    shutil.copy(interrupted.with_name("run.part"), resumed.with_name("run.part"))
    # only one of them keeps a log, which must not change what is trained
    return whole, resumed, fit(drawn_set, resumed, "--resume", "--log", "tensorboard")


def test_the_page_of_a_resumed_run_has_every_epoch(both: tuple[Path, Path, str]) -> None:
    for run in both[:2]:
        assert "3 epochs; at the last training" in (run / "report.html").read_text()


def test_a_log_that_begins_with_the_resumption_has_the_earlier_epochs_too(
    both: tuple[Path, Path, str], events: Callable[[Path], list[tuple[int, str, Any]]]
) -> None:
    told = events(both[1] / "tensorboard" / "training")
    assert [step for step, name, _ in told if name == "loss"] == [1, 2, 3]


def test_a_killed_training_loses_the_epoch_it_was_in_and_no_more(both) -> None:
    _, resumed, said = both
    assert "going on after epoch 1" in said
    assert "epoch 1/3" not in said
    assert "epoch 2/3" in said
    rows = json.loads((resumed / "report.json").read_text())["history"]
    assert [row["epoch"] for row in rows] == [1, 2, 3]


def test_a_resumed_training_ends_where_an_unbroken_one_does(both) -> None:
    from train.floating import load_model

    whole, resumed, _ = both
    figures = [json.loads((run / "report.json").read_text()) for run in (whole, resumed)]
    for one in figures:
        assert one.pop("seconds") > 0
        assert all(row.pop("seconds") > 0 for row in one["history"])
    assert figures[0] == figures[1]
    theirs, ours = (load_model(run / "model.keras").get_weights() for run in (whole, resumed))
    assert all(np.array_equal(a, b) for a, b in zip(theirs, ours, strict=True))


def test_a_finished_training_leaves_nothing_but_its_run(both) -> None:
    for run in both[:2]:
        assert [path.name for path in run.parent.iterdir()] == ["run"]


def test_a_finished_run_is_not_resumed(both, drawn_set: Path) -> None:
    assert "exists, so there is nothing to resume" in fit(drawn_set, both[0], "--resume")


def test_an_interrupted_training_is_not_begun_anew_by_mistake(
    interrupted: Path, drawn_set: Path
) -> None:
    before = interrupted.with_name("run.part").read_bytes()
    said = fit(drawn_set, interrupted)
    assert "run.part holds a training that was interrupted; go on with --resume" in said
    assert interrupted.with_name("run.part").read_bytes() == before


def test_other_settings_are_named(interrupted: Path, drawn_set: Path) -> None:
    said = fit(drawn_set, interrupted, "--resume", "--false-alarms", "0.5")
    assert "belongs to another training: --false-alarms was 0.01 and is 0.5; give it" in said


def test_other_pictures_are_named(interrupted: Path, drawn_set: Path, tmp_path: Path) -> None:
    data = tmp_path / "set"
    shutil.copytree(drawn_set, data)
    annotation = next(
        path for path in sorted(data.rglob("*.xml")) if "<object>" in path.read_text()
    )
    text = annotation.read_text()
    annotation.write_text(text.replace("<name>star", "<name>disc", 1).replace("<xmin>", "<xmin>1"))
    said = fit(data, interrupted, "--resume")
    assert "belongs to another training: " in said
    assert annotation.stem in said
    assert "pictures differ)" in said


KNOWN = {
    "settings": {"weights": "none", "size": 64, "held_out": "0.2"},
    "recipe": {"rate": 1e-3},
    "labels": ["cat"],
    "backend": "tensorflow",
    "weights_sha256": None,
    "train": [{"path": "a.jpg", "sha256": "1"}, {"path": "b.jpg", "sha256": "2"}],
    "validation": [],
    "held_out": [{"path": "c.jpg", "sha256": "3"}],
}


def changed(**changes: object) -> dict:
    return copy.deepcopy(KNOWN) | changes


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (changed(), None),
        (changed(settings=KNOWN["settings"] | {"held_out": "0.1"}),
         "--held-out was 0.2 and is 0.1"),
        (changed(settings=KNOWN["settings"] | {"epochs": 9}), "--epochs was not given and is 9"),
        (changed(weights_sha256="4"), "the content of none is another"),
        (changed(backend="jax"), "KERAS_BACKEND was tensorflow and is jax"),
        (changed(recipe={"rate": 2e-3}), "this version of edge-localizer trains by another recipe"),
        (changed(train=KNOWN["train"][:1]), "b.jpg is gone (1 of 2 pictures differ)"),
        (changed(held_out=[]), "c.jpg is gone (1 of 2 pictures differ)"),
        (changed(validation=[{"path": "d.jpg", "sha256": "3"}]),
         "d.jpg is new (1 of 4 pictures differ)"),
        (changed(train=[], validation=KNOWN["train"]),
         "a.jpg was in the part train and is in validation (2 of 3 pictures differ)"),
        (changed(held_out=[{"path": "c.jpg", "sha256": "9"}]),
         "c.jpg has other pixels, another box or another label (1 of 3 pictures differ)"),
    ],
)  # fmt: skip
def test_what_differs_is_told_in_words(now: dict, said: str | None) -> None:
    assert difference(KNOWN, now) == said


def state(kept: bool) -> State:
    arrays = [np.arange(6.0).reshape(2, 3), np.array(7, np.int64)]
    rows = [{"epoch": 1.0, "loss": 0.5}]
    return State(History(rows, 1), 0.25, arrays, arrays[::-1], arrays if kept else None)


@pytest.mark.parametrize("kept", [True, False])
def test_a_saved_state_comes_back_as_it_was(tmp_path: Path, kept: bool) -> None:
    checkpoint = Checkpoint(tmp_path / "run.part", KNOWN)
    checkpoint.save(state(kept))
    back = Checkpoint(tmp_path / "run.part", KNOWN).load()
    assert back is not None
    assert (back.history, back.lowest) == (state(kept).history, 0.25)
    for name in ("model", "optimizer", "kept"):
        for ours, theirs in zip(
            getattr(back, name) or [], getattr(state(kept), name) or [], strict=True
        ):
            assert ours.dtype == theirs.dtype
            assert np.array_equal(ours, theirs)


def test_nothing_is_loaded_where_nothing_was_saved(tmp_path: Path) -> None:
    assert Checkpoint(tmp_path / "run.part", KNOWN).load() is None


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"PK" + b])
def test_a_damaged_state_is_refused(tmp_path: Path, damage) -> None:
    path = tmp_path / "run.part"
    Checkpoint(path, KNOWN).save(state(True))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(LocalizerError, match=r"run\.part is damaged \(.*remove it, and start"):
        Checkpoint(path, KNOWN).load()
