"""The trainer trains: the loss falls, the backbone waits, and the best epoch is kept."""

from __future__ import annotations

import copy

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

import keras

from edge.box import Box
from edge.errors import LocalizerError
from train.batches import Batches, OnProcessor, Renderer, batch_of
from train.epochs import History, State
from train.network import build
from train.photos import Photo
from train.recipe import Recipe
from train.render_batch import OnAccelerator
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


def few_layers(*_: object) -> keras.Model:
    """Features of the same two scales as a backbone's, in seconds instead of minutes."""
    seen = keras.Input((32, 32, 3))
    fine = keras.layers.Conv2D(8, 16, 16, use_bias=False)(seen)
    fine = keras.layers.BatchNormalization()(fine)
    coarse = keras.layers.Conv2D(8, 2, 2, activation="relu")(fine)
    return keras.Model(seen, [fine, coarse], name="features")


def test_a_kept_state_is_all_that_a_training_needs_to_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("train.network.tapped", few_layers)

    def trained(seed: int, start: State | None = None) -> tuple[list[np.ndarray], list[State]]:
        keras.utils.set_random_seed(seed)
        model, states = build(32, 0.25, 2, "none"), []
        small = [(photo.pixels[::2, ::2], photo.box, photo.label) for photo in photos(4)]
        train(
            model, Batches(photos(16), 2, 32, 8, seed=0), batch_of(small, classes=2),
            recipe(epochs=2, head_views=1), start=start,
            save=lambda state: states.append(copy.deepcopy(state)),
        )  # fmt: skip
        return model.get_weights(), states

    unbroken, states = trained(seed=3)
    # the first is kept when the head's own training is done
    assert [len(state.history.rows) for state in states] == [0, 1, 2]
    # another seed: another random start and other dropout, which the state has to replace
    resumed, later = trained(seed=5, start=states[1])
    assert [len(state.history.rows) for state in later] == [2]
    assert all(np.array_equal(a, b) for a, b in zip(unbroken, resumed, strict=True))


def test_views_that_an_accelerator_renders_train_as_the_processors_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("train.network.tapped", few_layers)

    def losses(renderer: Renderer) -> list[float]:
        keras.utils.set_random_seed(3)
        batches = Batches(photos(12), 2, 32, 8, seed=0, renderer=renderer)
        history = train(build(32, 0.25, 2, "none"), batches, None, recipe(epochs=2, head_views=1))
        return [row["loss"] for row in history.rows]

    # a 256th of some pixels is all that differs
    assert losses(OnAccelerator(photos(12), 32)) == pytest.approx(losses(OnProcessor(32)), rel=0.02)


def test_a_state_of_another_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.network.tapped", few_layers)
    model = build(32, 0.25, 2, "none")
    odd = State(History([], 0), 1.0, [np.zeros(3)], [], None)
    with pytest.raises(LocalizerError, match="has 1 variables that do not fit the network's"):
        train(model, Batches(photos(4), 2, 32, 4, seed=0), None, recipe(), start=odd)
