"""Proof by mutation: every way in which a device may differ is caught, and named."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from edge.box import Box
from edge.bundle import read_bundle
from edge.card import Card
from edge.decode import answer
from edge.errors import LocalizerError
from edge.golden.examples import read_golden
from edge.golden.replay import check, replay_golden
from edge.image import resized
from edge.localizer import Localizer, load_localizer
from edge.observation import Answer
from edge.tensors import OUTPUTS


@pytest.fixture(scope="module")
def sound(golden_model):
    """The localizer as it is on the workstation."""
    return load_localizer(golden_model)[0]


@pytest.fixture(scope="module")
def by_heart(golden_model, sound):
    """A network that knows its examples by their green, and nothing else.

    The tiny model cannot show a mistake behind it: what swaps or mirrors its pixels swaps its
    labels and mirrors its boxes in the same way.
    """
    known = {}
    for example in read_golden(read_bundle(golden_model)).examples:
        pixels = sound.prepare(example.picture)
        known[pixels[..., 1].tobytes()] = sound.infer(pixels)
    nothing = {name: np.zeros_like(values) for name, values in next(iter(known.values())).items()}
    return lambda pixels: known.get(np.ascontiguousarray(pixels[..., 1]).tobytes(), nothing)


@pytest.fixture
def named(golden_model, sound):
    """What the replay says of a localizer with other stages, or with fewer examples."""

    def run(prepare=None, infer=None, decode=None, card=None, first=8):
        changed = Localizer(
            infer or sound.infer, card or sound.card, prepare or sound.prepare, decode
        )
        golden = read_golden(read_bundle(golden_model))
        golden = dataclasses.replace(golden, examples=golden.examples[:first])
        with pytest.raises(LocalizerError) as caught:
            check(golden, changed, "model.tflite")
        told = str(caught.value)
        assert told.startswith("model.tflite ")
        assert "; " in told
        return told

    return run


def fitted(how):
    return lambda image: cv2.resize(image, (32, 32), interpolation=how)


def padded(image):
    """The aspect kept: 32x24 in the middle of 32x32."""
    return np.pad(resized(image, 32, 24), ((4, 4), (0, 0), (0, 0)))


def middle(image):
    """A square from the middle of a wide picture."""
    height, width = image.shape[:2]
    return image[:, (width - height) // 2 : (width + height) // 2]


def shifted(step):
    """A decoding whose boxes lie that far right and down."""

    def decode(card, outputs):
        told = answer(outputs, card)
        assert told.found is not None
        edges = (edge + step for edge in told.found.box.edges)
        return Answer(dataclasses.replace(told.found, box=Box(*edges)), told.presence)

    return decode


def turned(decode):
    """A decoding whose boxes are changed by ``decode``."""

    def run(card, outputs):
        told = answer(outputs, card)
        assert told.found is not None
        return Answer(dataclasses.replace(told.found, box=decode(told.found.box)), told.presence)

    return run


def test_an_unchanged_device_says_how_many_and_how_fast(golden_model, sound):
    clock = iter([10.0, 10.12])
    assert replay_golden(golden_model, sound, now=lambda: next(clock)) == (
        "golden: 6 of 6 examples answered as on the workstation (0.12 s)"
    )


def test_a_file_without_examples_runs_with_a_note(tiny_model):
    localizer, _ = load_localizer(tiny_model)
    assert "carries no examples, so nothing shows" in replay_golden(tiny_model, localizer)


def test_a_refusal_names_the_file_the_cause_and_the_way_out(golden_model, sound):
    changed = Localizer(lambda pixels: sound.infer(pixels[..., ::-1]), sound.card)
    with pytest.raises(LocalizerError) as caught:
        replay_golden(golden_model, changed)
    assert str(caught.value) == (
        f"{golden_model} does not answer as it did on the workstation (6 of 6 golden examples, "
        "the first golden/0.jpg): red and blue are swapped between the prepared pixels and the "
        "answer; use another runtime or delegate, or convert the model again"
    )


@pytest.mark.parametrize(
    ("mutation", "name"),
    [
        (lambda p: p[..., ::-1], "red and blue are swapped"),
        (lambda p: p[:, ::-1], "left and right are exchanged"),
        (lambda p: p[::-1], "top and bottom are exchanged"),
        (lambda p: p.transpose(1, 0, 2), "rows and columns are exchanged"),
        (lambda p: p.astype(np.float32) / 255, "another range (from 0 to 1 and not from 0 to 255)"),
        (lambda p: p.astype(np.float32) / 127.5 - 1, "another range (from -1 to 1 and not"),
        (
            lambda p: (16 + p * (219 / 255)).astype(np.uint8),
            "another range (from 16 to 235 and not",
        ),
        (lambda p: 255 - p, "another range (from 255 to 0 and not"),
        (lambda p: p // 2, "another range (from 0 to 127 and not"),
        (lambda p: p.astype(np.int16), "they are int16 and not uint8"),
        (lambda p: p[..., :1], "they have the shape (32, 32, 1) and not (32, 32, 3)"),
        (np.zeros_like, "their colours are others, as no known mistake makes them"),
        (
            lambda p: np.roll(p, 8, axis=1),
            "their colours are others, as no known mistake makes them",
        ),
    ],
)
def test_wrongly_prepared_pixels_are_named(mutation, name, named, sound):
    told = named(prepare=lambda image: mutation(sound.prepare(image)))
    assert "is not given the pixels that it was given on the workstation" in told
    assert name in told


@pytest.mark.parametrize(
    ("prepare", "name"),
    [
        (fitted(cv2.INTER_NEAREST), "resized in another way (by the nearest pixel)"),
        (fitted(cv2.INTER_LINEAR), "resized in another way (by linear interpolation)"),
        (fitted(cv2.INTER_CUBIC), "resized in another way (by cubic interpolation)"),
        (padded, "resized in another way (into a letterbox)"),
        (lambda p: resized(middle(p), 32, 32), "in another way (after a crop of the middle)"),
        (
            lambda p: cv2.addWeighted(resized(p, 32, 32), 0.9, fitted(cv2.INTER_LINEAR)(p), 0.1, 0),
            "resized in another way (colours are right, sharpness is not)",
        ),
        (lambda p: resized(p, 32, 24), "they have the shape (24, 32, 3) and not (32, 32, 3)"),
    ],
)
def test_another_resize_is_named(prepare, name, named):
    assert name in named(prepare=prepare)


@pytest.mark.parametrize(
    ("mutation", "name"),
    [
        (lambda p: p[..., ::-1], "red and blue are swapped between"),
        (lambda p: p[:, ::-1], "left and right are exchanged between"),
        (lambda p: p.transpose(1, 0, 2), "rows and columns are exchanged between"),
        (lambda p: p ^ 128, "another range (shifted by 128)"),
        (lambda p: p // 16, "nothing is found in golden/0.jpg"),
    ],
)
def test_pixels_that_a_runtime_takes_differently_are_named(mutation, name, named, sound):
    told = named(infer=lambda pixels: sound.infer(np.ascontiguousarray(mutation(pixels))))
    assert "does not answer as it did on the workstation" in told
    assert name in told


@pytest.mark.parametrize(
    ("order", "name"),
    [
        (("offsets", "attention", "label", "presence"), "outputs attention and offsets are exch"),
        (("attention", "offsets", "presence", "label"), "outputs label and presence are exch"),
        (("presence", "label", "attention", "offsets"), "are exchanged"),
    ],
)
def test_exchanged_outputs_are_named(order, name, named, sound):
    def infer(pixels):
        outputs = sound.infer(pixels)
        return dict(zip(OUTPUTS, (outputs[other] for other in order), strict=True))

    assert name in named(infer=infer)


def test_labels_in_another_order_are_named(named, sound, by_heart):
    card = dataclasses.replace(sound.card, labels=sound.card.labels[::-1])
    told = named(card=card, infer=by_heart)
    assert "labels are in another order ('red' is told as 'blue', 'blue' is told as 'red')" in told


@pytest.mark.parametrize("step", [0.07, 0.036, -0.036])
def test_a_shifted_decoding_is_named_with_its_shift(step, named, sound, by_heart):
    told = named(infer=by_heart, decode=lambda outputs: shifted(step)(sound.card, outputs))
    assert f"every box is shifted by {step:+.3f} of the width and {step:+.3f} of the height" in told


@pytest.mark.parametrize(
    ("turn", "name"),
    [
        (Box.mirrored, "left and right are exchanged in the boxes"),
        (
            lambda b: Box(b.left, 1 - b.bottom, b.right, 1 - b.top),
            "top and bottom are exchanged in the boxes",
        ),
        (
            lambda b: Box(b.top, b.left, b.bottom, b.right),
            "rows and columns are exchanged in the boxes",
        ),
        (lambda b: Box(b.left, b.top, b.left, b.top), "overlaps the stored one by 0.00, under 0.8"),
    ],
)
def test_a_turned_decoding_is_named(turn, name, named, sound, by_heart):
    assert name in named(infer=by_heart, decode=lambda outputs: turned(turn)(sound.card, outputs))


def test_another_scale_of_the_offsets_is_caught(named, sound):
    card = dataclasses.replace(sound.card, offset_scale=0.4)
    assert "overlaps the stored one by" in named(card=card)


def test_another_temperature_is_named(named, sound):
    card = dataclasses.replace(sound.card, temperature=50.0)
    assert "its temperature may be another" in named(card=card)


def test_another_threshold_finds_nothing(named, sound):
    card = dataclasses.replace(sound.card, presence_threshold=1.0)
    assert "nothing is found in golden/0.jpg" in named(card=card)


@pytest.mark.parametrize("first", [1, 8])
@pytest.mark.parametrize(
    ("value", "name"),
    [
        (0.0, "the runtime answers zeros"),
        (1.25, "the runtime answers one number everywhere"),
        (np.nan, "the runtime answers NaN (in attention)"),
        (np.inf, "the runtime answers numbers that are not finite (in attention)"),
    ],
)
def test_a_runtime_that_computes_nothing_is_named(value, name, first, named, sound):
    def infer(pixels):
        return {key: np.full_like(out, value) for key, out in sound.infer(pixels).items()}

    assert name in named(infer=infer, first=first)


def test_a_runtime_that_repeats_itself_is_named(named, sound):
    frozen = sound.infer(np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8))
    assert "answers the same, whatever picture" in named(infer=lambda pixels: frozen)


def test_a_runtime_that_fails_is_named(named):
    def infer(pixels):
        raise RuntimeError("delegate gone")

    assert "the runtime fails (RuntimeError: delegate gone)" in named(infer=infer)


def test_a_missing_output_is_named(named, sound):
    def infer(pixels):
        outputs = dict(sound.infer(pixels))
        del outputs["presence"]
        return outputs

    assert "the runtime gives no output presence" in named(infer=infer)


def test_noise_as_between_runtimes_is_no_fault(golden_model, sound):
    rng = np.random.default_rng(0)

    def infer(pixels):  # half a step of the quantized logits
        return {
            name: out + rng.normal(0, 0.1, out.shape) for name, out in sound.infer(pixels).items()
        }

    localizer = Localizer(infer, sound.card)
    assert replay_golden(golden_model, localizer).startswith("golden: 6 of 6")


def test_a_card_with_other_labels_than_the_examples_is_caught(named, sound):
    card = Card(32, 32, ("cat", "dog"))
    assert "'red' is told as 'cat'" in named(card=card)


@pytest.fixture
def finishing(sound):
    """Stages of a model that finishes its box: what the sound one answers, as its outputs."""
    card = dataclasses.replace(sound.card, decode="box")

    def infer(pixels):
        outputs = sound.infer(pixels)
        told = answer(outputs, sound.card)
        box = np.float32((told.found or told.withheld).box.edges)
        return {"box": box, "label": outputs["label"], "presence": outputs["presence"]}

    return card, infer


def test_a_finished_box_is_replayed_like_edge_maps(finishing, golden_model):
    card, infer = finishing
    told = replay_golden(golden_model, Localizer(infer, card))
    assert told.startswith("golden: 6 of 6 examples answered as on the workstation")


@pytest.mark.parametrize(
    ("order", "name"),
    [
        ([0, 2, 1, 3], "box's edges come in another order (left, right, top, bottom)"),
        ([1, 0, 3, 2], "box's edges come in another order (top, left, bottom, right)"),
    ],
)
def test_edges_in_another_order_are_named(order, name, finishing, named):
    card, infer = finishing

    def mixed(pixels):
        outputs = infer(pixels)
        return outputs | {"box": outputs["box"][order]}

    assert name in named(infer=mixed, card=card)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (0.0, "the runtime answers zeros"),
        (0.5, "the runtime answers one number everywhere"),
        (np.nan, "the runtime answers NaN (in box)"),
    ],
)
def test_a_runtime_that_finishes_no_box_is_named(value, name, finishing, named):
    card, infer = finishing

    def broken(pixels):
        return {key: np.full_like(out, value) for key, out in infer(pixels).items()}

    assert name in named(infer=broken, card=card)


@pytest.mark.parametrize("gone", ["box", "label"])
def test_a_missing_part_of_a_finished_box_is_named(gone, finishing, named):
    card, infer = finishing

    def partly(pixels):
        return {key: out for key, out in infer(pixels).items() if key != gone}

    assert f"the runtime gives no output {gone}" in named(infer=partly, card=card)
