"""Pictures reach a preset whole, each once an epoch, with targets named as its outputs."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

from edge.box import Box
from edge.image import write_image
from train.batches import Batch
from train.example import Example
from train.presets.feeding import Pictures, TensorFlowPictures, feed, targets_of, whole
from train.presets.mnist import MNIST
from train.presets.selfie import SELFIE
from train.presets.snacks import CLASSIFIER, SNACKS

BOX = Box(0.1, 0.2, 0.5, 0.8)
LABELS = ("cat", "dog")
KINDS = [Pictures, TensorFlowPictures]


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    """Five flat pictures: the grey tells which one it is."""
    folder = tmp_path_factory.mktemp("flat")
    found = []
    for number in range(5):
        path = folder / f"{number}.png"
        write_image(path, np.full((20, 30, 3), 10 * number, np.uint8))
        found.append(Example(path, BOX, LABELS[number % 2]))
    return found


def shown(batches: list[Batch]) -> list[int]:
    """Which pictures the batches show, in order."""
    return [int(pixels[0, 0, 0]) // 10 for batch in batches for pixels in np.asarray(batch.pixels)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_comes_once_an_epoch_in_another_order(
    kind: type[Pictures], examples: list[Example]
) -> None:
    pictures = kind(examples, LABELS, MNIST, 8, 2, seed=1)
    epochs = [list(pictures.epoch(number)) for number in range(4)]
    assert all(len(batches) == len(pictures) == 3 for batches in epochs)
    orders = [shown(batches) for batches in epochs]
    assert all(sorted(order) == [0, 1, 2, 3, 4] for order in orders)
    assert len({tuple(order) for order in orders}) > 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_and_epoch_give_the_same_order(
    kind: type[Pictures], examples: list[Example]
) -> None:
    first, again = (kind(examples, LABELS, MNIST, 8, 2, seed=1) for _ in range(2))
    assert shown(list(first.epoch(7))) == shown(list(again.epoch(7)))


@pytest.mark.parametrize("kind", KINDS)
def test_targets_bear_the_names_of_the_outputs(
    kind: type[Pictures], examples: list[Example]
) -> None:
    for batch in kind(examples, LABELS, MNIST, 8, 2, seed=1).epoch(0):
        numbers = shown([batch])
        assert batch.pixels.shape[1:] == (8, 8, 3)
        assert np.asarray(batch.targets["label"])[:, 0].tolist() == [n % 2 for n in numbers]
        assert np.allclose(batch.targets["bbox"], [BOX.edges] * len(numbers))


def test_mnist_is_fed_by_tensorflow_and_others_are_not(examples: list[Example]) -> None:
    assert isinstance(feed(examples, LABELS, MNIST, 8, 2, 0), TensorFlowPictures)
    assert isinstance(feed(examples, LABELS, SNACKS, 8, 2, 0), Pictures)


def test_snacks_has_its_own_order_of_edges() -> None:
    targets, _ = targets_of([(BOX, "dog")], LABELS, SNACKS)
    assert np.allclose(targets["bbox"], [[0.1, 0.5, 0.2, 0.8]])


def test_what_nobody_knows_weighs_nothing() -> None:
    _, weights = targets_of([(BOX, "newt"), (None, "cat"), (BOX, "dog")], LABELS, SNACKS)
    assert weights["label"].tolist() == [0, 1, 1]
    assert weights["bbox"].tolist() == [1, 0, 1]


def test_a_head_that_is_not_there_has_no_target() -> None:
    assert set(targets_of([(BOX, "cat")], LABELS, SELFIE)[0]) == {"bbox"}
    assert set(targets_of([(BOX, "cat")], LABELS, CLASSIFIER)[0]) == {"label"}


def test_validation_is_one_batch_and_none_is_none(examples: list[Example]) -> None:
    batch = whole(examples, LABELS, MNIST, 8)
    assert batch is not None and shown([batch]) == [0, 1, 2, 3, 4]
    assert whole([], LABELS, MNIST, 8) is None


def test_views_move_the_box_with_the_pixels(examples: list[Example]) -> None:
    varied = Pictures(examples, LABELS, CLASSIFIER, 8, 5, seed=0)
    (batch,) = varied.epoch(0)
    assert batch.pixels.shape == (5, 8, 8, 3) and set(batch.targets) == {"label"}
