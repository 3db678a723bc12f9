"""Keras, started without the start-up notes of the libraries below it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


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
        import keras

        keras.utils.set_random_seed(seed)
        keras.ops.zeros(1)


def keras_backend() -> str:
    """What Keras computes with: ``tensorflow``, ``jax`` or ``torch``."""
    with quiet():
        import keras

        return str(keras.backend.backend())
