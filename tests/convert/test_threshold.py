"""A file withholds by a threshold that its own presences ask for, not by the float model's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convert.int8 import Lessons
from convert.threshold import own_threshold
from edge.card import FINISHED_BOX, Card
from edge.localizer import Localizer, load_localizer
from train.presence import calibrated, views_of
from train.run_folder import load_run


@pytest.fixture(scope="module")
def lessons(trained_run: Path) -> Lessons:
    run = load_run(trained_run)
    return Lessons(run.examples("train"), run.examples("validation"), run.recipe, 0, 0.01)


def asked(logit: float, card: Card) -> Localizer:
    """A localizer whose presence is ``logit`` more than a pixel's brightness, 0 to 1."""
    return Localizer(lambda pixels: {"presence": np.array([logit + pixels.mean() / 255])}, card)


def test_the_card_has_the_threshold_that_the_files_own_answers_ask_for(
    lessons: Lessons, converted_model: Path
) -> None:
    locate, _ = load_localizer(converted_model)
    views = views_of(lessons.validation, locate.card.width, seed=0)
    full, empty = ([locate(view).presence for view in pixels] for pixels in views)
    assert empty
    assert locate.card.presence_threshold == calibrated(full, empty, 0.01).threshold


def test_where_rounding_lifts_every_presence_the_threshold_rises_with_it(lessons: Lessons) -> None:
    card = Card(64, 64, ("thing",), presence_threshold=0.3)
    chosen = [own_threshold(asked(logit, card), lessons) for logit in (-1.0, 1.0)]
    assert all(chosen)
    low, high = (one.threshold for one in chosen if one is not None)
    assert low < 0.5
    assert high > 0.73
    assert [one.alarms / one.empty <= 0.01 for one in chosen if one is not None] == [True, True]


def test_a_file_without_presence_or_empty_views_keeps_what_it_has(lessons: Lessons) -> None:
    card = Card(64, 64, ("thing",), presence_threshold=0.3)
    assert own_threshold(asked(0.0, card), replace(lessons, validation=[])) is None
    boxes = replace(card, decode=FINISHED_BOX)
    assert own_threshold(asked(0.0, boxes), lessons) is None
