import json
import struct
import subprocess
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.card import NAME, Card, read_card, with_card
from edge.errors import LocalizerError

HEAD = b"\x1c\0\0\0TFL3" + bytes(100)
"""What read_card looks at of a flatbuffer."""

labels = st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1).map(tuple)
sizes = st.integers(1, 10_000)
cards = st.builds(
    Card,
    width=sizes,
    height=sizes,
    labels=labels,
    offset_scale=st.floats(0.01, 1),
    presence_threshold=st.floats(0, 1),
    quality=st.dictionaries(st.text(), st.floats(0, 1)),
    made=st.dictionaries(st.text(), st.text()),
)
anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(cards)
def test_a_card_survives_its_text(card):
    assert Card.from_json(card.to_json(), "model.tflite") == card


@given(st.text())
def test_a_text_that_is_no_card_is_refused_in_a_sentence(text):
    with pytest.raises(LocalizerError, match=r"model\.tflite has a"):
        Card.from_json(text, "model.tflite")


@given(st.sampled_from(sorted(json.loads(Card(1, 1, ("a",)).to_json()))), anything)
def test_one_wrong_field_gives_a_card_or_a_sentence(field, value):
    content = json.loads(Card(32, 32, ("a",)).to_json()) | {field: value}
    try:
        card = Card.from_json(json.dumps(content), "model.tflite")
    except LocalizerError as error:
        assert str(error).startswith("model.tflite ")
    else:
        assert card.width >= 1 and card.labels


@pytest.mark.parametrize("width", ["1e999", "0", "-3", "NaN"])
def test_an_impossible_size_is_refused(width):
    text = Card(32, 32, ("a",)).to_json().replace('"width": 32', f'"width": {width}')
    with pytest.raises(LocalizerError, match="damaged localizer.json"):
        Card.from_json(text, "model.tflite")


def test_a_card_from_a_newer_program_says_what_to_do():
    text = Card(32, 32, ("a",)).to_json().replace('"schema": 1', '"schema": 2')
    with pytest.raises(LocalizerError, match="schema 2 but this program reads schema 1; update"):
        Card.from_json(text, "model.tflite")


def test_an_unknown_decoding_says_which_are_known():
    text = Card(32, 32, ("a",), decode="anchors").to_json()
    with pytest.raises(LocalizerError, match="'anchors' but this program knows edge-maps; update"):
        Card.from_json(text, "model.tflite")


def test_the_card_travels_behind_the_flatbuffer(tmp_path):
    card = Card(224, 192, ("cat", "Žluťoučký kůň"), made={"seed": 7})
    path = tmp_path / "model.tflite"
    path.write_bytes(with_card(HEAD, card))
    assert path.read_bytes().startswith(HEAD)
    assert read_card(path) == card


def test_unzip_prints_the_card(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(with_card(HEAD, Card(32, 32, ("a",))))
    try:
        shown = subprocess.run(["unzip", "-p", path, NAME], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("unzip is not installed")
    assert json.loads(shown.stdout)["labels"] == ["a"]


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(LocalizerError, match=r"model\.tflite cannot be read: No such file"):
        read_card(tmp_path / "model.tflite")


def test_a_text_file_is_no_model(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_text("hello, I am text")
    with pytest.raises(LocalizerError, match="not a TFLite model .* give a file that edge-convert"):
        read_card(path)


@pytest.mark.parametrize("foreign", [False, True])
def test_a_model_without_our_card_is_refused(foreign, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(HEAD)
    if foreign:  # other tools append a zip too
        with zipfile.ZipFile(path, "a") as bundle:
            bundle.writestr("labels.txt", "cat")
    with pytest.raises(LocalizerError, match="carries no localizer.json"):
        read_card(path)


def test_a_file_that_was_cut_short_is_refused(tmp_path):
    path = tmp_path / "model.tflite"
    data = with_card(HEAD, Card(32, 32, ("a",)))
    path.write_bytes(data[:-10])
    with pytest.raises(LocalizerError, match="carries no localizer.json"):
        read_card(path)


@given(at=st.integers(0, 400), byte=st.integers(0, 255))
def test_one_damaged_byte_gives_a_card_or_a_sentence(at, byte, tmp_path_factory):
    data = bytearray(with_card(HEAD, Card(32, 32, ("a",))))
    at = min(8 + at, len(data) - 1)
    data[at] = byte
    path = tmp_path_factory.getbasetemp() / "damaged.tflite"
    path.write_bytes(data)
    try:
        read_card(path)
    except LocalizerError as error:
        assert str(error).startswith(str(path))


def test_a_card_that_would_fill_the_memory_is_not_read(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(with_card(HEAD, Card(32, 32, ("a" * 1_000_001,))))
    with pytest.raises(LocalizerError, match="over 1000000 bytes"):
        read_card(path)


def test_a_card_under_a_password_is_unreadable(tmp_path):
    data = bytearray(with_card(HEAD, Card(32, 32, ("a",))))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(signature) + flags
        data[at : at + 2] = struct.pack("<H", 1)  # the flag of an encrypted entry
    path = tmp_path / "model.tflite"
    path.write_bytes(data)
    with pytest.raises(LocalizerError, match="unreadable localizer.json"):
        read_card(path)
