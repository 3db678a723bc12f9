import json
import subprocess
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bundle import with_bundle
from edge.card import NAME, Card, read_card, with_card
from edge.errors import LocalizerError

HEAD = b"\x1c\0\0\0TFL3" + bytes(100)
"""What is looked at of a flatbuffer."""
FULL = Card(
    width=32,
    height=32,
    labels=("a", "b"),
    quality={"int8": {"images": 59, "mean_iou": 0.82, "accuracy": None}},
    made={
        "at": "2026-11-20T10:00:00+00:00",
        "data_sha256": "0" * 64,
        "weights_sha256": "f" * 64,
        "versions": {"numpy": "2.4"},
        "precision": "int8",
    },
)

words = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=200
).filter(str.strip)
sizes = st.integers(1, 4096)
figures = st.none() | st.floats(0, 1) | st.integers(0, 10_000)
cards = st.builds(
    Card,
    width=sizes,
    height=sizes,
    labels=st.lists(words, min_size=1, max_size=20, unique=True).map(tuple),
    offset_scale=st.floats(0.01, 1),
    presence_threshold=st.floats(0, 1),
    temperature=st.floats(0.1, 10),
    quality=st.dictionaries(words, st.dictionaries(words, figures, max_size=4), max_size=3),
    made=st.dictionaries(st.sampled_from(["precision", "note"]), words | st.booleans()),
)
anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def fields(content, place=()):
    """The place of each field in a JSON object, however deep."""
    for name, value in content.items():
        yield (*place, name)
        if isinstance(value, dict):
            yield from fields(value, (*place, name))


def changed(place, value):
    """The text of FULL with another value in one field."""
    content = json.loads(FULL.to_json())
    inner = content
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    return json.dumps(content)


@given(cards)
def test_a_card_survives_its_text(card):
    assert Card.from_json(card.to_json(), "model.tflite") == card


def test_a_card_with_all_its_notes_survives_its_text():
    assert Card.from_json(FULL.to_json(), "model.tflite") == FULL


@given(st.text())
def test_a_text_that_is_no_card_is_refused_in_a_sentence(text):
    with pytest.raises(LocalizerError, match=r"model\.tflite has a"):
        Card.from_json(text, "model.tflite")


@given(st.sampled_from(list(fields(json.loads(FULL.to_json())))), anything)
def test_one_wrong_field_gives_a_card_of_the_right_types_or_a_sentence(place, value):
    try:
        card = Card.from_json(changed(place, value), "model.tflite")
    except LocalizerError as error:
        assert str(error).startswith("model.tflite ")
        assert str(error).isprintable()
    else:
        assert Card.from_json(card.to_json(), "model.tflite") == card
        assert 1 <= card.width <= 4096 and card.labels and 0 <= card.presence_threshold <= 1


@pytest.mark.parametrize(
    ("place", "value", "rule"),
    [
        ("schema", True, "schema is a whole number"),
        ("input.width", 0, "input.width is a whole number from 1 to 4096. Received: 0"),
        ("input.width", 32.0, "input.width is a whole number"),
        ("input.height", 10**400, "Received: a huge number"),
        ("labels", [], "labels is a list of 1 to 1000"),
        ("labels", "ab", "labels is a list"),
        ("labels", ["a", "a"], "labels holds a name twice"),
        ("labels", ["a", " "], "labels is a text of 1 to 200 characters"),
        ("labels", ["a", "\x1b[2J"], "labels has a character that cannot be shown"),
        ("labels", ["a", "\ud800"], "labels has a character that cannot be shown"),
        ("decode.offset_scale", "0.1", "decode.offset_scale is a number"),
        ("decode.offset_scale", 0, "decode.offset_scale is a number from 1e-06 to 1. Received: 0"),
        ("presence_threshold", 1.5, "presence_threshold is a number from 0 to 1. Received: 1.5"),
        ("temperature", 0, "temperature is a number from 0.01 to 100. Received: 0"),
        ("temperature", None, "temperature is a number"),
        ("quality", [1], "quality is no object"),
        ("quality.int8", 0.8, "quality.int8 is no object"),
        ("quality.int8.images", "59", "quality.int8.images is a number"),
        ("made.at", "yesterday", "made.at is no date and time"),
        ("made.at", "2026-11-20T10:00:00", "made.at is no date and time with an offset"),
        ("made.data_sha256", "abc", "made.data_sha256 is no SHA-256"),
        ("made.versions.numpy", 2.4, "made.versions.numpy is a text"),
        ("made.precision", ["int8"], "made.precision is a number"),
        ("extra", 1, "'extra' is no field of it"),
        ("input.extra", 1, "'input.extra' is no field of it"),
    ],
)
def test_a_wrong_value_is_named_with_its_field_and_its_rule(place, value, rule):
    with pytest.raises(LocalizerError) as caught:
        Card.from_json(changed(place.split("."), value), "model.tflite")
    assert rule in str(caught.value)
    assert "damaged localizer.json" in str(caught.value)
    assert str(caught.value).endswith("; convert the model again")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_finite_number_is_refused(number):
    text = FULL.to_json().replace('"temperature": 1.0', f'"temperature": {number}')
    with pytest.raises(LocalizerError, match="damaged localizer.json"):
        Card.from_json(text, "model.tflite")


def test_a_missing_field_is_named():
    text = FULL.to_json().replace('"temperature": 1.0,', "")
    with pytest.raises(LocalizerError, match="temperature is missing"):
        Card.from_json(text, "model.tflite")


def test_a_field_that_is_there_twice_is_refused():
    text = FULL.to_json().replace('"schema": 2,', '"schema": 2, "schema": 2,')
    with pytest.raises(LocalizerError, match="'schema' is there twice"):
        Card.from_json(text, "model.tflite")


def test_a_card_nested_without_end_is_refused():
    with pytest.raises(LocalizerError, match="nested too deep|damaged"):
        Card.from_json("[" * 200_000, "model.tflite")


def test_a_card_from_a_newer_program_says_what_to_do():
    with pytest.raises(LocalizerError, match="schema 3 but this program reads schema 2; update"):
        Card.from_json(changed(["schema"], 3), "model.tflite")


def test_a_card_from_an_older_program_says_what_to_do():
    with pytest.raises(LocalizerError, match="old schema 1 and .* reads schema 2; convert"):
        Card.from_json(changed(["schema"], 1), "model.tflite")


def test_an_unknown_decoding_says_which_are_known():
    text = Card(32, 32, ("a",), decode="anchors").to_json()
    known = "'anchors' but this program knows edge-maps, box; update"
    with pytest.raises(LocalizerError, match=known):
        Card.from_json(text, "model.tflite")


def test_a_card_of_a_finished_box_has_no_scale_of_offsets():
    card = Card(300, 300, ("face",), decode="box")
    assert json.loads(card.to_json())["decode"] == {"kind": "box"}
    assert Card.from_json(card.to_json(), "model.tflite") == card
    with pytest.raises(LocalizerError, match="offset_scale' is no field of it"):
        Card.from_json(changed(["decode", "kind"], "box"), "model.tflite")


def test_an_unknown_resize_says_which_are_known():
    text = Card(32, 32, ("a",), resize="letterbox").to_json()
    with pytest.raises(LocalizerError, match="'letterbox' but this program knows area; update"):
        Card.from_json(text, "model.tflite")


def test_the_card_travels_behind_the_flatbuffer(tmp_path):
    card = Card(224, 192, ("cat", "Žluťoučký kůň"), made={"seed": 7}, temperature=1.5)
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
    with pytest.raises(LocalizerError, match=r"carries no localizer\.json, .* another project's"):
        read_card(path)


def test_a_card_that_is_far_too_long_is_not_parsed(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(with_card(HEAD, Card(32, 32, ("a" * 256_000,))))
    with pytest.raises(LocalizerError, match="over 256000 bytes"):
        read_card(path)


def test_a_card_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(with_bundle(HEAD, {NAME: FULL.to_json().encode("utf-16")}))
    with pytest.raises(LocalizerError, match="no UTF-8 text; convert"):
        read_card(path)
