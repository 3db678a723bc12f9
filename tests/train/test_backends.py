"""The training is plain Keras: each backend that is installed trains, and TensorFlow reads it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

# two steps of all layers, after the head's own, with a backbone whose rate is nothing
TRAINED = """
import sys
import numpy as np
from keras import ops
from edge.box import Box
from train.batches import Batches, batch_of
from train.epochs import values_of
from train.floating import KerasNetwork
from train.network import build
from train.photos import Photo
from train.quiet import start_keras
from train.recipe import Recipe
from train.render_batch import OnAccelerator
from train.trainer import train

start_keras(0)
rng = np.random.default_rng(0)
photos = [Photo(rng.integers(0, 256, (32, 32, 3), np.uint8), Box(0.2, 0.2, 0.7, 0.8), n % 2)
          for n in range(8)]
batches = Batches(photos, 2, 32, 4, seed=0, renderer=OnAccelerator(photos, 32))
for ours, theirs in zip(batches.epoch(5), Batches(photos, 2, 32, 4, seed=0).epoch(5), strict=True):
    apart = np.abs(ops.convert_to_numpy(ours.pixels).astype(int) - theirs.pixels)
    assert apart.max() <= 3 and apart.mean() < 0.3, (apart.max(), apart.mean())
validation = batch_of([(photo.pixels, photo.box, photo.label) for photo in photos[:4]], 2)
model, steps, states = build(32, 0.25, 2, "none", "mobilenet"), [], []
parts = [model.get_layer(name).trainable_variables for name in ("features", "head")]
before = [values_of(part) for part in parts]
history = train(
    model, batches, validation, Recipe(1, 4, 1e-2, 0.0, 1, 1.0, 9), steps.append,
    save=states.append,
)
assert steps.count("all layers") == 2
still, moved = (
    [np.array_equal(a, b) for a, b in zip(old, values_of(part), strict=True)]
    for old, part in zip(before, parts, strict=True)
)
assert all(still) and not any(moved), (still, moved)
(row,) = history.rows
assert np.isfinite([row["loss"], row["val_loss"]]).all(), row
assert len(states[-1].model) == len(model.variables)
model.save(sys.argv[1])
np.savez(sys.argv[2], pixels=photos[0].pixels, **KerasNetwork(model)(photos[0].pixels))
"""


# most of JAX's time here goes into making code fast that runs twice
QUICK = {"JAX_PLATFORMS": "cpu", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_two_steps_train_and_the_model_answers_the_same_in_tensorflow(
    backend: str, tmp_path: Path
) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed, so its training is not tried")
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    from train.floating import KerasNetwork, load_model

    saved = tmp_path / "model.keras", tmp_path / "answers.npz"
    done = subprocess.run(
        [sys.executable, "-c", TRAINED, *map(str, saved)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "KERAS_BACKEND": backend, **QUICK},
    )
    assert done.returncode == 0, done.stderr
    answers = np.load(saved[1])
    ours = KerasNetwork(load_model(saved[0]))(answers["pixels"])
    for name, values in ours.items():
        assert np.allclose(values, answers[name], atol=1e-3), name
