"""The pictures that travel in the file: each class, the surest, and those that would tell."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from convert.golden import Candidate, candidates, golden, spread, stored
from edge.box import Box
from edge.bundle import Bundle, read_bundle
from edge.card import with_card
from edge.golden.examples import read_golden
from edge.golden.replay import replay_golden
from edge.image import decoded, jpeg_sizes, write_image
from edge.localizer import load_localizer
from train.example import Example
from train.report import answered

COLOURS = {"red": (240, 0, 0), "blue": (0, 0, 240)}


@pytest.fixture(scope="module")
def locate(tiny_model):
    return load_localizer(tiny_model)[0]


@pytest.fixture
def example(tmp_path, scene):
    """A maker of labelled pictures that the tiny model understands."""

    def make(name, label, box=(8, 16, 24, 28), truth=None):
        write_image(tmp_path / name, scene(box, COLOURS[label]))
        edges = [edge / 32 for edge in (truth or box)]
        return Example(tmp_path / name, Box(*edges), label)

    return make


def seen(examples, locate):
    pairs = answered(examples, locate)
    return candidates(pairs, pairs)


def chosen(files):
    golden = read_golden(Bundle("model.tflite", b"", files))
    assert golden is not None
    return [one.answer.label for one in golden.examples]


def none(labels):
    raise AssertionError("nothing more was needed")


def test_every_class_is_there_and_not_more_than_eight(example, locate):
    pictures = [example(f"r{at}.png", "red", (8, 8, 24, 20 + 4 * (at % 3))) for at in range(9)]
    pictures.append(example("b.png", "blue"))
    labels = chosen(golden(seen(pictures, locate), none, locate))
    assert len(labels) == 8
    assert labels.count("blue") == 1


def test_a_class_that_was_not_held_out_comes_from_the_training_pictures(example, locate):
    asked = []

    def more(labels):
        asked.extend(labels)
        return seen([example("b.png", "blue")], locate)

    files = golden(seen([example("r.png", "red")], locate), more, locate)
    assert asked == ["blue"]
    assert chosen(files) == ["red", "blue"]


def test_what_the_model_gets_wrong_is_no_example(example, locate):
    wrong_box = example("r.png", "red", truth=(0, 0, 8, 8))
    wrong_label = dataclasses.replace(example("b.png", "blue"), label="red")
    assert golden(seen([wrong_box, wrong_label], locate), lambda labels: [], locate) == {}


def test_a_box_on_which_float_and_int8_disagree_is_no_example(example, locate):
    one, other = example("a.png", "red"), example("b.png", "red", (0, 0, 12, 12))
    (_, here), (_, there) = answered([one, other], locate)
    assert Candidate(one, here, here).sureness > 0.8
    assert Candidate(one, there, here).sureness < 0.6


def test_the_file_proves_itself(example, locate, tiny_flatbuffer, tmp_path):
    files = golden(seen([example("r.png", "red"), example("b.png", "blue")], locate), none, locate)
    path = tmp_path / "model.tflite"
    path.write_bytes(with_card(tiny_flatbuffer, locate.card, files))
    assert set(read_bundle(path).files) == {
        "localizer.json", "golden.json", "golden/0.jpg", "golden/1.jpg",
    }  # fmt: skip
    assert replay_golden(path, load_localizer(path)[0]).startswith("golden: 2 of 2 examples")


@pytest.mark.parametrize(
    ("size", "input_size", "expected"),
    [
        ((1600, 1200), (224, 224), (320, 240)),  # the longest side is 320
        ((1200, 800), (224, 224), (336, 224)),  # unless that would be enlarged
        ((3000, 300), (224, 224), (480, 48)),  # within bounds
        ((100, 80), (224, 224), (100, 80)),  # what is small stays small
        ((640, 480), (32, 32), (320, 240)),
    ],
)
def test_the_stored_picture_is_small_and_still_shrinks_on_the_device(size, input_size, expected):
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    assert jpeg_sizes(stored(picture, input_size)) == [expected]


def test_the_stored_picture_has_the_colours_of_the_first(scene):
    picture = scene((8, 8, 24, 24), (255, 0, 0))
    again = decoded(stored(picture, (32, 32)), "picture")
    assert again[16, 16, 0] > 200 and again[16, 16, 2] < 50


def test_more_pictures_are_spread_over_the_classes(example):
    pictures = [example(f"{at}.png", "red") for at in range(30)] + [example("b.png", "blue")]
    assert [one.label for one in spread(pictures, ["blue", "red"])] == ["blue"] + ["red"] * 24
