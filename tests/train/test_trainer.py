"""The trainer trains: the loss falls, the backbone waits, and the best epoch is kept."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

import keras

from edge.box import Box
from train.batches import Batches, batch_of
from train.network import build
from train.photos import Photo
from train.recipe import Recipe
from train.trainer import train

BOX = Box(0.25, 0.25, 0.75, 0.75)


def photos(count: int) -> list[Photo]:
    rng = np.random.default_rng(1)
    found = []
    for number in range(count):
        pixels = rng.integers(0, 60, (64, 64, 3)).astype(np.uint8)
        pixels[16:48, 16:48] = 255
        found.append(Photo(pixels, BOX, number % 2))
    return found


def recipe(**changes: float) -> Recipe:
    values = {"epochs": 3, "batch": 8, "rate": 3e-3, "backbone_share": 1.0, "head_views": 0,
              "variety": 1.0, "patience": 9} | changes  # fmt: skip
    return Recipe(**values)  # type: ignore[arg-type]


def prepared() -> Batches:
    return Batches(photos(16), classes=2, size=64, batch=8, seed=0)


def test_the_loss_falls() -> None:
    keras.utils.set_random_seed(0)
    history = train(build(64, 0.35, 2, "none"), prepared(), None, recipe(epochs=4))
    losses = [row["loss"] for row in history.rows]
    assert losses[-1] < losses[0]
    assert history.best == 4


def test_a_share_of_nothing_leaves_the_backbone_as_it_was() -> None:
    model = build(64, 0.35, 2, "none")
    features, head = model.get_layer("features"), model.get_layer("head")
    before = [np.asarray(v).copy() for v in features.trainable_variables]
    top = [np.asarray(v).copy() for v in head.trainable_variables]
    train(model, prepared(), None, recipe(epochs=1, backbone_share=0.0, head_views=1))
    after = features.trainable_variables
    assert all(np.array_equal(old, new) for old, new in zip(before, after, strict=True))
    assert not np.array_equal(top[0], head.trainable_variables[0])


def test_the_epoch_with_the_lowest_validation_loss_is_kept() -> None:
    keras.utils.set_random_seed(0)
    model = build(64, 0.35, 2, "none")
    validation = batch_of([(p.pixels, p.box, p.label) for p in photos(4)], classes=2)
    kept: dict[int, list[np.ndarray]] = {}
    history = train(
        model, prepared(), validation, recipe(patience=1),
        epoch_done=lambda row: kept.update({int(row["epoch"]): model.get_weights()}),
    )  # fmt: skip
    losses = [row["val_loss"] for row in history.rows]
    assert history.best == 1 + int(np.argmin(losses))
    final = model.get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(kept[history.best], final, strict=True))


def test_every_step_is_told_with_its_stage() -> None:
    stages: list[str] = []
    train(build(64, 0.35, 2, "none"), prepared(), None,
          recipe(epochs=1, head_views=1), step=stages.append)  # fmt: skip
    assert stages.count("looking") == 2
    assert stages.count("all layers") == 2
    assert "head" in stages


def test_layers_at_a_finer_stride_than_eight_keep_their_kernels_and_coarser_ones_learn() -> None:
    model = build(64, 0.35, 2, "none")
    features = model.get_layer("features")
    before = {layer.name: layer.get_weights() for layer in features.layers}

    train(model, prepared(), None, recipe(epochs=1, frozen_stride=8))

    def changed(name: str) -> bool:
        after = features.get_layer(name).get_weights()
        return any((a != b).any() for a, b in zip(before[name], after, strict=True))

    assert not changed("Conv1")
    assert not changed("block_3_expand")  # 16 of 64 pixels across: a stride of 4
    assert changed("block_3_project")
    assert changed("Conv_1")
