"""The training itself: heads first, then all layers; the validation pictures choose the epoch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from train.batches import Batch, Batches
from train.epochs import Course, History, State, Step, Watch, resumed, train_epochs
from train.losses import cell_loss, map_loss
from train.recipe import Recipe

_HEAD_RATE = 2e-3
_HEAD_EPOCHS = 8
_CACHE_BYTES = 1_000_000_000  # of the features that the head's first stage trains on


def train(
    model: Any,
    batches: Batches,
    validation: Batch | None,
    recipe: Recipe,
    step: Step = lambda stage: None,
    epoch_done: Callable[[dict[str, float]], None] = lambda row: None,
    start: State | None = None,
    save: Callable[[State], None] | None = None,
) -> History:
    """Train ``model``, as ``train.network.build`` made it, in place.

    validation: prepared pixels that choose the epoch to keep; None keeps the last.
    start: where to go on. save: keeps the state after the head's own training and after each
    epoch, before ``epoch_done`` tells of it.
    """
    if recipe.head_views and start is None:
        _train_head(model, batches, recipe, step)
    return _train_all(model, batches, validation, recipe, Watch(step, epoch_done, save), start)


def _train_all(
    model: Any,
    batches: Batches,
    validation: Batch | None,
    recipe: Recipe,
    watch: Watch,
    start: State | None,
) -> History:
    features = model.get_layer("features")
    backbone = {id(v) for v in features.trainable_variables}
    share = recipe.backbone_share
    trained = compiled(model, recipe.rate, recipe.epochs * len(batches), backbone, share)
    trained.optimizer.build(trained.trainable_variables)
    course = resumed(start, model, trained) if start is not None else Course()
    if start is None and recipe.head_views and watch.save is not None:
        watch.save(course.state(model, trained))
    epochs = range(recipe.epochs)
    train_epochs(
        trained, model, batches, validation, epochs, recipe.patience, course, watch,
        choose_from=recipe.choose_from,
    )  # fmt: skip
    return course.history


def _train_head(model: Any, batches: Batches, recipe: Recipe, step: Step) -> None:
    """Train the head on features of some views: the backbone, frozen, sees each view once."""
    import keras

    features, head = model.get_layer("features"), model.get_layer("head")
    seen = keras.Model(model.input, features(model.get_layer("scale").output, training=False))
    cells = sum(math.prod(output.shape[1:]) for output in features.outputs)
    most = max(_CACHE_BYTES // (2 * cells), recipe.batch)
    fine, coarse, targets, weights = [], [], [], []
    pictures = 0
    for view in range(recipe.head_views):
        # numbers far from the later epochs', so that those show new views
        for batch in batches.epoch(1_000_000 + view):
            if pictures >= most:
                break
            maps = seen.predict_on_batch(batch.pixels)
            fine.append(np.asarray(maps[0], np.float16))
            coarse.append(np.asarray(maps[1], np.float16))
            targets.append(batch.targets)
            weights.append(batch.weights)
            pictures += len(batch.pixels)
            step("looking")
    inputs = [np.concatenate(fine), np.concatenate(coarse)]
    del fine, coarse
    joined_targets, joined_weights = _joined(targets), _joined(weights)
    size = 2 * recipe.batch
    steps = -(-pictures // size)
    trained = compiled(head, _HEAD_RATE, _HEAD_EPOCHS * steps, set(), 1.0)
    rng = np.random.default_rng(pictures)
    for _ in range(_HEAD_EPOCHS):
        order = rng.permutation(pictures)
        for at in range(0, pictures, size):
            chosen = np.sort(order[at : at + size])
            trained.train_on_batch(
                [maps[chosen].astype(np.float32) for maps in inputs],
                {name: values[chosen] for name, values in joined_targets.items()},
                {name: values[chosen] for name, values in joined_weights.items()},
            )
            step("head")


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def compiled(model: Any, rate: float, steps: int, slow: set[int], share: float) -> Any:
    """``model`` with both maps as one output, so that one loss sees them, ready to train."""
    import keras

    outputs = model.output
    # float32 also where the layers compute in float16: the losses want it
    maps = keras.layers.Concatenate(name="maps", dtype="float32")(
        [outputs["attention"], outputs["offsets"]]
    )
    joined = keras.Model(
        model.inputs,
        {"maps": maps} | {name: outputs[name] for name in ("label", "presence", "cells")},
    )
    warm_up = min(max(steps // 20, 1), 100)
    schedule = keras.optimizers.schedules.CosineDecay(
        rate / 100, max(steps - warm_up, 1), warmup_target=rate, warmup_steps=warm_up
    )
    joined.compile(
        optimizer=_two_rates(schedule, slow, share),
        loss={
            "maps": map_loss,
            "label": keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.05),
            "presence": keras.losses.BinaryCrossentropy(from_logits=True),
            "cells": cell_loss,
        },
        loss_weights={"maps": 1.0, "label": 0.5, "presence": 0.25, "cells": 0.25},
        # Compiling takes longer than it saves on a few hundred pictures, but JAX without it
        # compiles every operation alone.
        jit_compile=keras.backend.backend() == "jax",
    )
    return joined


def _two_rates(schedule: Any, slow: set[int], share: float) -> Any:
    """Adam that trains the variables whose ids are in ``slow`` at a share of the rate."""
    import keras

    # torch has an Adam of its own there, which moves all variables at once instead of one by one
    adam: Any = type(keras.optimizers.Adam())

    class TwoRates(adam):  # type: ignore[misc]
        def _backend_update_step(
            self, grads: list[Any], trainable_variables: list[Any], learning_rate: Any
        ) -> None:
            groups: dict[bool, list[tuple[Any, Any]]] = {True: [], False: []}
            for pair in zip(grads, trainable_variables, strict=True):
                groups[id(pair[1]) in slow].append(pair)
            for is_slow, group in groups.items():
                if group:
                    rate = learning_rate * share if is_slow else learning_rate
                    super()._backend_update_step(*map(list, zip(*group, strict=True)), rate)

    return TwoRates(schedule, clipnorm=5.0)
