import numpy as np
import pytest

from edge.box import Box
from edge.card import Card, with_card
from edge.errors import LocalizerError
from edge.localizer import Localizer, Stages, load_localizer


def nothing(pixels):
    zeros = np.zeros((2, 2, 4), np.float32)
    return {
        "attention": zeros,
        "offsets": zeros,
        "label": np.zeros(2, np.float32),
        "presence": np.full(1, -9, np.float32),
    }


def test_the_network_gets_pixels_of_the_cards_size():
    shapes = []

    def infer(pixels):
        shapes.append(pixels.shape)
        return nothing(pixels)

    Localizer(infer, Card(20, 10, ("a", "b")))(np.zeros((480, 640, 3), np.uint8))
    assert shapes == [(10, 20, 3)]


def test_each_stage_is_timed():
    answer = Localizer(nothing, Card(2, 2, ("a", "b")))(np.zeros((4, 4, 3), np.uint8))
    assert list(answer.ms) == ["resize", "invoke", "decode"]


def test_the_next_picture_is_prepared_beside_the_one_that_is_inferred():
    localizer = Stages(Localizer(nothing, Card(2, 2, ("a", "b"))))
    one, other, third = (
        localizer.prepare(np.full((4, 4, 3), grey, np.uint8)).pixels for grey in (1, 2, 3)
    )
    assert (other == 2).all()
    assert np.shares_memory(one, third)  # and so no frame takes memory of its own


@pytest.mark.parametrize(("colour", "label"), [((255, 0, 0), "red"), ((0, 0, 255), "blue")])
def test_a_rectangle_is_found_and_named_by_its_colour(colour, label, tiny_model, scene):
    localizer, _ = load_localizer(tiny_model)
    found = localizer(scene((8, 16, 24, 28), colour)).found
    assert found is not None
    assert found.box.iou(Box(8 / 32, 16 / 32, 24 / 32, 28 / 32)) > 0.9
    assert found.label == label
    assert found.score > 0.9


def test_a_picture_of_another_size_and_shape_gives_the_same_fractions(tiny_model, scene):
    localizer, _ = load_localizer(tiny_model)
    found = localizer(scene((160, 240, 480, 420), width=640, height=480)).found
    assert found is not None
    assert found.box.iou(Box(0.25, 0.5, 0.75, 0.875)) > 0.9


def test_in_the_dark_nothing_is_found(tiny_model, scene):
    localizer, _ = load_localizer(tiny_model)
    assert localizer(scene(colour=(0, 0, 0))).found is None


def test_the_runtime_is_told(tiny_model):
    _, runtime = load_localizer(tiny_model, threads=2)
    assert runtime.startswith(("ai-edge-litert", "tflite-runtime"))
    assert runtime.endswith(", 2 threads")


def test_without_a_number_of_threads_one_is_found(tiny_model):
    _, runtime = load_localizer(tiny_model, threads=None)
    assert runtime.endswith((" 1 thread", " threads"))


@pytest.mark.parametrize(
    ("card", "sentence"),
    [
        (Card(48, 32, ("a", "b")), "wants 32x32 pixels but its card says 48x32; convert it again"),
        (Card(32, 32, ("a", "b", "c")), "tells 2 classes apart but its card names 3; convert"),
        (
            Card(32, 32, ("a", "b"), decode="box"),
            "gives outputs that are decoded as 'edge-maps' but its card says 'box'; convert",
        ),
    ],
)
def test_a_card_that_contradicts_the_tensors_is_refused(card, sentence, tiny_flatbuffer, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(with_card(tiny_flatbuffer, card))
    with pytest.raises(LocalizerError, match=sentence):
        load_localizer(path)


def test_a_truncated_flatbuffer_with_a_whole_card_is_refused(tiny_flatbuffer, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(with_card(tiny_flatbuffer[:2000], Card(32, 32, ("a", "b"))))
    with pytest.raises(LocalizerError, match="cannot be loaded"):
        load_localizer(path)
