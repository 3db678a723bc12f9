"""golden.json may come from anywhere: it is read strictly, and its pictures are small."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.box import Box
from edge.bundle import Bundle
from edge.errors import LocalizerError
from edge.golden.examples import NAME, golden_files, read_golden
from edge.golden.fingerprint import CELLS, fingerprint
from edge.observation import Localization

PIXELS = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
ANSWER = Localization(Box(0.1, 0.2, 0.6, 0.7), "Žluťoučký kůň", 0.9)


def jpeg(width=48, height=32):
    return cv2.imencode(".jpg", np.full((height, width, 3), 90, np.uint8))[1].tobytes()


FILES = golden_files([(jpeg(), fingerprint(PIXELS), ANSWER)] * 2, fingerprint(PIXELS))


def read(**changed):
    """What is read where fields of the first example have other values."""
    content = json.loads(FILES[NAME])
    content["examples"][0] |= changed
    return read_golden(Bundle("model.tflite", b"", FILES | {NAME: json.dumps(content).encode()}))


def test_examples_survive_their_files():
    golden = read_golden(Bundle("model.tflite", b"", FILES))
    assert golden is not None
    first, second = golden.examples
    assert golden.chart.prepared.matches(fingerprint(PIXELS))
    assert (first.name, second.name) == ("golden/0.jpg", "golden/1.jpg")
    assert first.answer == ANSWER
    assert first.picture.shape == (32, 48, 3)
    assert first.prepared.matches(fingerprint(PIXELS))


def test_a_file_without_a_list_has_no_examples():
    assert read_golden(Bundle("model.tflite", b"", {"golden/0.jpg": jpeg()})) is None


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"picture": "golden/9.jpg"}, "golden/9.jpg is no picture of the bundle"),
        ({"picture": "../0.jpg"}, "../0.jpg is no picture of the bundle"),
        ({"box": [0, 0, 1]}, "box has 4 numbers. Received: 3"),
        ({"box": [0, 0, 1, 2]}, "box is a number from 0 to 1. Received: 2"),
        ({"box": [1, 0, 0, 1]}, "a box runs from left to right"),
        ({"label": 7}, "label is a text"),
        ({"score": float("nan")}, "NaN is no number"),
        ({"prepared": {}}, "prepared.means is missing"),
        ({"prepared": {"means": [0] * 587, "gradient": 0}}, "means has 588 numbers. Received: 587"),
        ({"more": 1}, "no field of it"),
    ],
)
def test_a_wrong_field_is_named(changed, rule):
    with pytest.raises(LocalizerError) as caught:
        read(**changed)
    assert rule in str(caught.value)
    assert str(caught.value).startswith("model.tflite has damaged golden examples (golden.json: ")


@pytest.mark.parametrize(
    ("picture", "rule"),
    [
        (b"", "no JPEG of up to 1024 pixels a side. Received: []"),
        (b"\x89PNG\r\n", "no JPEG"),
        (jpeg()[:-20], "cut short"),
        (jpeg(1025, 8), r"Received: [(1025, 8)]"),
        # a header that promises 65535x65535 pixels of three bytes
        (jpeg().replace(b"\x00\x20\x00\x30", b"\xff\xff\xff\xff"), "Received: [(65535, 65535)]"),
    ],
)
def test_a_picture_that_is_none_or_too_large_is_not_decoded(picture, rule):
    with pytest.raises(LocalizerError) as caught:
        read_golden(Bundle("model.tflite", b"", FILES | {"golden/0.jpg": picture}))
    assert rule in str(caught.value)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('{"schema": 1, "examples": []}', "examples is a list of 1 to 8"),
        ('{"schema": 1, "examples": [1]}', r"examples\[0\] is no object"),
        ("[" * 90_000, "nested too deep"),
        (" " * 100_001, "over 100000 bytes"),
    ],
)
def test_a_list_that_is_none_is_refused(text, rule):
    with pytest.raises(LocalizerError, match=rule):
        read_golden(Bundle("model.tflite", b"", FILES | {NAME: text.encode()}))


def test_a_newer_list_says_what_to_do():
    text = b'{"schema": 2, "examples": []}'
    with pytest.raises(LocalizerError, match="schema 2 but this program reads schema 1; update"):
        read_golden(Bundle("model.tflite", b"", FILES | {NAME: text}))


@given(st.binary(max_size=60), st.integers(0, len(FILES[NAME])))
def test_any_damage_gives_examples_or_a_sentence(damage, at):
    text = FILES[NAME][:at] + damage + FILES[NAME][at + len(damage) :]
    try:
        golden = read_golden(Bundle("model.tflite", b"", FILES | {NAME: text}))
    except LocalizerError as error:
        assert str(error).startswith("model.tflite ")
    else:
        assert all(one.prepared.means.shape == (CELLS, CELLS, 3) for one in golden.examples)
