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


def coarse(pixels):
    """The outputs of a model that knows a bright rectangle's edges to an eighth of a picture."""
    rows, columns = np.nonzero(pixels[..., 0] > 127)
    if not rows.size:
        return {"box": np.full(4, np.nan, np.float32)}
    height, width = pixels.shape[:2]
    edges = (columns.min() / width, rows.min() / height,
             (columns.max() + 1) / width, (rows.max() + 1) / height)  # fmt: skip
    return {"box": np.round(np.float32(edges) * 8) / 8}


CARD = Card(64, 64, ("thing",), decode="box")


def test_a_closer_look_finds_the_edges_of_something_small_better():
    picture = np.zeros((640, 640, 3), np.uint8)
    picture[210:300, 230:350] = 255
    truth = Box(230 / 640, 210 / 640, 350 / 640, 300 / 640)
    localizer = Localizer(coarse, CARD)
    once = localizer(picture).found.box
    localizer.closer = True
    assert localizer(picture).found.box.iou(truth) > once.iou(truth) + 0.1


def test_a_closer_look_gets_the_pixels_around_the_box_and_its_time_is_told():
    seen = []

    def infer(pixels):
        seen.append(pixels.copy())
        return coarse(pixels)

    picture = np.zeros((64, 64, 3), np.uint8)
    picture[16:32, 16:32] = 255
    localizer = Localizer(infer, CARD)
    localizer.closer = True
    answer = localizer(picture)
    assert np.array_equal(seen[0], picture)
    assert (seen[1] > 127).mean() == pytest.approx(1 / 1.7**2, abs=0.05)
    assert list(answer.ms) == ["resize", "invoke", "decode"]


@pytest.mark.parametrize("value", [0, 255], ids=["nothing", "all of it"])
def test_there_is_no_closer_look_at_nothing_nor_at_what_fills_the_picture(value):
    calls = []
    localizer = Localizer(lambda pixels: calls.append(1) or coarse(pixels), CARD)
    localizer.closer = True
    answer = localizer(np.full((64, 64, 3), value, np.uint8))
    assert len(calls) == 1
    assert (answer.found is None) == (value == 0)


def test_a_closer_look_sees_the_pixels_that_a_cameras_small_picture_has_not():
    whole = np.zeros((640, 640, 3), np.uint8)
    whole[250:290, 250:290] = 255
    seen = []
    localizer = Localizer(lambda pixels: seen.append(pixels.copy()) or coarse(pixels), CARD)
    localizer.closer = True
    stages = Stages(localizer)
    stages.decode(stages.infer(stages.prepare(whole[::10, ::10], whole)))
    assert set(np.unique(seen[1])) >= {0, 255}
    assert (seen[1] > 127).mean() > 4 * (seen[0] > 127).mean()


def test_a_closer_look_leaves_the_picture_that_was_prepared_meanwhile():
    localizer = Localizer(coarse, CARD)
    localizer.closer = True
    stages = Stages(localizer)
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[16:32, 16:32] = 255
    first = stages.prepare(picture)
    beside = stages.prepare(np.full((64, 64, 3), 9, np.uint8))
    stages.infer(first)
    assert (beside.pixels == 9).all()


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
