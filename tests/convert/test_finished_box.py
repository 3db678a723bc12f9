"""Networks as people publish them, through the real conversion to the device's localizer."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console

keras = pytest.importorskip("keras", reason="Keras is not installed")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

from keras import layers  # noqa: E402

from convert.check import check  # noqa: E402
from convert.job import convert  # noqa: E402
from convert.onnx_file import compared, onnx_content  # noqa: E402
from convert.quantize import converted  # noqa: E402
from convert.verify import verify  # noqa: E402
from edge.box import Box  # noqa: E402
from edge.card import Card, read_card, with_card  # noqa: E402
from edge.errors import LocalizerError  # noqa: E402
from edge.localizer import load_localizer  # noqa: E402
from train.finished_box import finished  # noqa: E402
from train.floating import load_model  # noqa: E402
from train.readers.data import read_data  # noqa: E402
from train.recipe import recipe  # noqa: E402
from train.run_folder import load_run, notes_of  # noqa: E402
from train.split import split  # noqa: E402

SIZE = 32
PICTURES = [
    cv2.resize(np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8), (SIZE, SIZE))
    for seed in range(40)
]


def linear():
    """A layer of four numbers that lie within the picture, mostly."""
    wide = keras.initializers.RandomNormal(stddev=0.5, seed=3)
    middle = keras.initializers.Constant(0.5)
    return layers.Dense(4, kernel_initializer=wide, bias_initializer=middle, name="bbox")


def digits(picture):
    """Two heads of dense layers; the numbers of the pixels as they are."""
    x = layers.Rescaling(1.0, name="scale")(picture)
    x = layers.MaxPooling2D(3)(layers.Conv2D(16, 3, activation="relu")(x))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(32, 3, activation="relu")(x))
    x = layers.Rescaling(0.1)(x)  # random weights would saturate what follows
    label = layers.Dense(10, "softmax", name="label")(layers.Dropout(0.3)(x))
    bbox = layers.Dense(4, "sigmoid", name="bbox")(layers.Dense(32, "relu")(x))
    return [label, bbox], {"label": "label"}, 10


def plain(picture):
    """Flattened convolutions; a sigmoid of its own."""
    x = layers.Rescaling(1 / 255, name="scale")(picture)
    x = layers.AveragePooling2D(4, 2)(layers.Conv2D(12, 5, 2, activation="relu")(x))
    x = layers.Dense(24, "relu")(layers.Flatten()(x))
    cls = layers.Softmax(name="cls")(layers.Dense(2)(x))
    bbox = layers.Activation("sigmoid", name="bbox")(layers.Dense(4)(x))
    return [cls, bbox], {"label": "cls"}, 2


def branches(picture):
    """A branch of convolutions for the box, whose numbers are x_min, x_max, y_min, y_max."""
    x = layers.Rescaling(1 / 127.5, -1.0, name="scale")(picture)
    x = layers.DepthwiseConv2D(3, 2, padding="same")(layers.Conv2D(16, 1)(x))
    cls = layers.Dense(20, "softmax", name="cls")(layers.GlobalAveragePooling2D()(x))
    x = layers.BatchNormalization()(layers.Conv2D(32, 3, padding="same")(x))
    bbox = linear()(layers.GlobalAveragePooling2D()(layers.ReLU()(x)))
    return [cls, bbox], {"label": "cls", "numbers": ("left", "right", "top", "bottom")}, 20


def alone(picture):
    """A box and no class."""
    x = layers.Rescaling(1 / 127, -1.0, name="scale")(picture)
    x = layers.Conv2D(32, 3, 2, activation="relu")(layers.Conv2D(8, 3, 2)(x))
    x = layers.Dense(32, "relu")(layers.GlobalAveragePooling2D()(x))
    return [linear()(x)], {}, 1


@pytest.fixture(scope="module", params=[digits, plain, branches, alone])
def published(request):
    """A network with random weights, the same one finished, and the card of the latter."""
    keras.utils.set_random_seed(1)
    picture = keras.Input((SIZE, SIZE, 3), dtype="uint8")
    outputs, how, classes = request.param(picture)
    model = keras.Model(picture, outputs)
    labels = tuple(f"class {number}" for number in range(classes))
    return model, finished(model, "bbox", **how), Card(SIZE, SIZE, labels, decode="box")


def own_answer(model, picture: np.ndarray, card: Card) -> tuple[np.ndarray, str]:
    """Edges and class by the network's own numbers."""
    outputs = model(picture[None])
    *cls, bbox = outputs if isinstance(outputs, list) else [outputs]
    edges = np.array(bbox)[0]
    if len(card.labels) == 20:
        edges = edges[[0, 2, 1, 3]]
    best = int(np.argmax(cls[0])) if cls else 0
    return np.array(Box.spanned(edges).edges), card.labels[best]


def test_the_device_answers_like_the_network_itself(published, tmp_path: Path) -> None:
    model, same, card = published
    path = tmp_path / "model.tflite"
    path.write_bytes(with_card(converted(same, "int8", PICTURES), card))
    localizer, _ = load_localizer(path)
    found = [localizer(picture).found for picture in PICTURES]
    edges, labels = zip(*(own_answer(model, p, card) for p in PICTURES), strict=True)
    apart = np.abs(np.array([one.box.edges for one in found]) - edges)
    assert np.std(edges, axis=0).max() > 0.02  # else any constant would do
    assert apart.mean() < 0.01
    assert apart.max() < 0.05
    assert np.mean([one.label == label for one, label in zip(found, labels, strict=True)]) >= 0.9


def test_onnx_holds_the_same_box(published) -> None:
    pytest.importorskip("tf2onnx", reason="tf2onnx is not installed")
    _, same, card = published
    assert compared(onnx_content(same, card), same, card, PICTURES[:5]).pictures == 5


@pytest.fixture(scope="module")
def box_run(drawn_set: Path, tmp_path_factory) -> Path:
    """A run folder whose network finishes its box; it never learned anything."""
    keras.utils.set_random_seed(2)
    picture = keras.Input((64, 64, 3), dtype="uint8")
    x = layers.Rescaling(1 / 127.5, -1.0, name="scale")(picture)
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(16, 3, 4, activation="relu")(x))
    model = keras.Model(picture, [layers.Dense(3, "softmax", name="cls")(x), linear()(x)])
    lists = split(read_data(drawn_set).examples, 0.2, 0.1, 0)
    folder = tmp_path_factory.mktemp("runs") / "box"
    folder.mkdir()
    finished(model, "bbox", "cls").save(folder / "model.keras")
    settings = {"size": 64, "seed": 0}
    notes = notes_of(drawn_set, lists, ("disc", "star", "triangle"), settings)
    notes |= {"presence_threshold": 0.5, "recipe": asdict(recipe("none", 1, 8)), "decode": "box"}
    (folder / "run.json").write_text(json.dumps(notes))
    return folder


def test_a_run_of_a_finished_box_is_converted_and_verified_like_any(
    box_run: Path, tmp_path: Path, capsys
) -> None:
    out = tmp_path / "model.tflite"
    made = convert(box_run, out, None, Console(), limit=1.0)
    assert read_card(out).decode == "box"
    assert made.released.images == made.floating.images > 0
    assert abs(made.released.mean_iou - made.floating.mean_iou) < 0.02
    assert "int8 stays as it is" in capsys.readouterr().out
    compared_again = verify(box_run, out, Console())
    assert compared_again.report("int8").mean_iou == pytest.approx(made.released.mean_iou)


def test_the_check_knows_a_finished_box(box_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(converted(load_model(box_run / "model.keras"), "float32", []))
    lines, good = check(path, ["trixie", "bookworm"])
    assert good, lines


def test_a_run_with_an_unknown_decoding_is_refused(box_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(box_run, folder)
    notes = folder / "run.json"
    notes.write_text(notes.read_text().replace('"decode": "box"', '"decode": "anchors"'))
    with pytest.raises(LocalizerError, match="is damaged .* decode is one of .*'anchors'"):
        load_run(folder)


def test_a_network_without_a_box_is_told_how_to_finish_it() -> None:
    picture = keras.Input((SIZE, SIZE, 3), dtype="uint8")
    outputs, _, _ = plain(picture)
    model = keras.Model(picture, {"cls": outputs[0], "bbox": outputs[1]})
    with pytest.raises(LocalizerError, match=r"the outputs bbox, cls, but .* or box; finish it"):
        converted(model, "float32", [])
