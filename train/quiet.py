"""Keras, started without the start-up notes of the libraries below it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back what native libraries write to standard error; show it only if the block fails.

    TensorFlow logs its CPU kernels and every missing GPU driver before any setting can stop it.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as noise:
        os.dup2(noise.fileno(), 2)
        try:
            yield
        except BaseException:
            noise.seek(0)
            os.write(kept, noise.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


def start_keras(seed: int) -> None:
    """Import Keras with its backend, wake the devices, and seed everything that draws."""
    with quiet():
        keras = _imported()
        keras.utils.set_random_seed(seed)
        keras.ops.zeros(1)


def keras_backend() -> str:
    """What Keras computes with: ``tensorflow``, ``jax`` or ``torch``."""
    with quiet():
        return str(_imported().backend.backend())


def _imported() -> Any:
    """Keras, with oneDNN's kernels below TensorFlow unless the user's environment says otherwise.

    TensorFlow takes them by itself on processors with AVX-512 alone; on one without it a training
    step is 1.7 times as fast with them.
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    import keras

    return keras
