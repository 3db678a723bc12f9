"""The circle goes round: half, device, correction, training; each on the same held-out pictures."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from benchmarks.circle import ARMS, collect, correct, halves, main
from benchmarks.folds import examples_of, fold
from edge.image import write_image
from edge.localizer import load_localizer
from train.example import Example
from train.readers.data import read_data


@pytest.fixture
def pool(tmp_path, scene):
    """Pictures in which the tiny model finds something, and one without anything."""
    places = [(8, 8, 24, 24), (4, 4, 12, 28), (0, 0, 0, 0), (16, 4, 28, 12)]
    pictures = []
    for number, place in enumerate(places):
        path = tmp_path / "pool" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        write_image(path, scene(place))
        pictures.append(path)
    return pictures


def test_what_is_collected_gets_its_own_truth(pool, tiny_model, tmp_path, scene) -> None:
    examples = [
        Example(path, None, None if at == 2 else f"thing {at}") for at, path in enumerate(pool)
    ]
    folder = tmp_path / "device"
    whose = collect(examples, load_localizer(tiny_model)[0], folder, keep=3)
    assert 0 < len(whose) <= 3
    correct(folder, whose)
    found = {example.path: example.label for example in read_data(folder).examples}
    assert found == {path: truth.label for path, truth in whose.items()}


def test_the_halves_share_no_picture(drawn_set) -> None:
    lists = fold(examples_of(drawn_set), 4)
    half, pool = halves(lists, 0)
    assert {e.path for e in half.train} | {e.path for e in pool} == {e.path for e in lists.train}
    assert not {e.path for e in half.train} & {e.path for e in pool}
    assert half.held_out == lists.held_out


def test_the_circle_goes_round_once(drawn_set, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = tmp_path / "circle.json"
    options = "--weights none --size 64 --alpha 0.35 --epochs 1 --share 0.5".split()
    arguments = ["--data", str(drawn_set.parent), "--sets", drawn_set.name, "--rows", str(rows)]
    done = CliRunner().invoke(main, [*arguments, *options])
    assert done.exit_code == 0, done.output
    before, collected, random = (
        next(row for row in json.loads(rows.read_text()) if row["arm"] == arm) for arm in ARMS
    )
    assert before["more"] == 0 < collected["more"] == random["more"]
    assert collected["trained_on"] == before["trained_on"] + collected["more"]
    assert set(before["pictures"]) == set(collected["pictures"]) == set(random["pictures"])
    assert done.output.count("| set: half") == 3
    again = CliRunner().invoke(main, [*arguments, *options])
    assert again.exit_code == 0 and "before, seed" not in again.output  # nothing is measured twice
