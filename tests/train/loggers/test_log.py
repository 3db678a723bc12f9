"""A log is fed after each epoch, never stops a training, and leaves nothing half made."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from edge.box import Box
from edge.errors import LocalizerError
from edge.image import Image, write_image
from edge.observation import Answer, Localization
from train.example import Example
from train.loggers.log import LONGEST, MOST, OPENED, Log, logging_to
from train.loggers.logger import Seen, named

BOX = Box(0.1, 0.1, 0.5, 0.5)
NOTES = {"labels": ["cat"], "settings": {}}


class Recorder:
    """A logger that remembers, and fails after so many epochs."""

    def __init__(self, every: int = 1, lasts: int = 99) -> None:
        self.rows: list[Mapping[str, float]] = []
        self.seen: dict[int, Sequence[Seen]] = {}
        self.every, self.lasts, self.closed = every, lasts, False

    def epoch(self, row: Mapping[str, float]) -> None:
        if len(self.rows) == self.lasts:
            raise OSError("no space left")
        self.rows.append(row)

    def wants_pictures(self, epoch: int) -> bool:
        return epoch % self.every == 0

    def pictures(self, epoch: int, seen: Sequence[Seen]) -> None:
        self.seen[epoch] = seen

    def close(self) -> None:
        self.closed = True


def locate(image: Image) -> Answer:
    return Answer(Localization(BOX, "cat", float(image.mean()) / 255), 0.9)


@pytest.fixture
def examples(tmp_path: Path) -> list[Example]:
    """A wide and a small picture."""
    write_image(tmp_path / "wide.png", np.full((600, 1200, 3), 51, np.uint8))
    write_image(tmp_path / "small.png", np.full((30, 20, 3), 204, np.uint8))
    return [Example(tmp_path / f"{name}.png", BOX, "cat") for name in ("wide", "small")]


def told() -> tuple[Console, Callable[[], str]]:
    text = io.StringIO()
    return Console(file=text, width=200), text.getvalue


def test_pictures_are_answered_whole_and_kept_small(examples: list[Example]) -> None:
    recorder = Recorder()
    log = Log(told()[0], examples, {"mine": recorder})
    log.epoch_done({"epoch": 1.0, "loss": 0.5}, lambda: locate)
    wide, small = recorder.seen[1]
    assert wide.pixels.shape == (LONGEST // 2, LONGEST, 3)
    assert small.pixels.shape == (30, 20, 3)
    assert wide.answer.found is not None
    assert wide.answer.found.score == pytest.approx(0.2, abs=0.01)


def test_the_network_is_asked_only_for_pictures_that_are_wanted(examples: list[Example]) -> None:
    asked = []

    def localizer() -> Callable[[Image], Answer]:
        asked.append(1)
        return locate

    log = Log(told()[0], examples, {"a": Recorder(every=2), "b": Recorder(every=2)})
    for epoch in (1.0, 2.0, 3.0):
        log.epoch_done({"epoch": epoch, "loss": 0.5}, localizer)
    assert len(asked) == 1


def test_a_log_that_fails_is_told_of_and_the_others_go_on(examples: list[Example]) -> None:
    console, said = told()
    failing, good = Recorder(lasts=1), Recorder()
    log = Log(console, examples, {"failing": failing, "good": good})
    for epoch in (1.0, 2.0, 3.0):
        log.epoch_done({"epoch": epoch}, lambda: locate)
    assert said().count("note: --log failing ends here (OSError: no space left)") == 1
    assert len(good.rows) == 3


def test_a_large_validation_gives_some_evenly_apart(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", np.zeros((8, 8, 3), np.uint8))
    many = [Example(tmp_path / "a.png", None, None)] * 500
    with logging_to([], tmp_path / "run", NOTES, many, told()[0]) as log:
        assert len(log.examples) == MOST


def test_a_log_that_is_there_is_kept(tmp_path: Path) -> None:
    (tmp_path / "run.tensorboard").mkdir()
    with (
        pytest.raises(LocalizerError, match=r"run\.tensorboard exists and is not overwritten"),
        logging_to(["tensorboard"], tmp_path / "run", NOTES, [], told()[0]),
    ):
        pass


def test_a_training_that_never_began_leaves_no_log(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), logging_to(
        ["tensorboard"], tmp_path / "run", NOTES, [], told()[0]
    ):  # fmt: skip
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("begun", "wanted"), [(False, [1.0, 2.0]), (True, [2.0])])
def test_a_log_that_goes_on_is_told_what_it_may_lack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: bool, wanted: list[float]
) -> None:
    recorder = Recorder()
    monkeypatch.setitem(OPENED, "tensorboard", lambda *arguments: recorder)
    if begun:
        (tmp_path / "run.tensorboard").mkdir()
    rows = [{"epoch": 1.0, "loss": 0.5}, {"epoch": 2.0, "loss": 0.4}]
    with logging_to(["tensorboard"], tmp_path / "run", NOTES, [], told()[0], True, rows):
        pass
    assert [row["epoch"] for row in recorder.rows] == wanted
    assert recorder.closed


def test_figures_know_which_pictures_they_are_of() -> None:
    assert named("val_loss") == ("loss", "validation")
    assert named("loss") == ("loss", "training")
