"""Keras, started without the start-up notes of the libraries below it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from edge.errors import LocalizerError


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


_BACKENDS = ("tensorflow", "jax", "torch")


def refuse_backend() -> None:
    """Raise LocalizerError where KERAS_BACKEND asks for what cannot train here."""
    wanted = os.environ.get("KERAS_BACKEND") or _BACKENDS[0]
    if wanted not in _BACKENDS:
        raise LocalizerError(
            f"Keras trains with {', '.join(_BACKENDS[:-1])} or {_BACKENDS[-1]}. "
            f"Received: KERAS_BACKEND={wanted}"
        )
    if find_spec(wanted) is None:
        raise LocalizerError(
            f"{wanted} is not installed, which KERAS_BACKEND={wanted} asks for; pip install "
            f"{wanted}, or unset KERAS_BACKEND"
        )


def start_keras(seed: int) -> None:
    """Import Keras with its backend, wake the devices, and seed everything that draws.

    Raises LocalizerError as ``refuse_backend`` does.
    """
    refuse_backend()
    with quiet():
        import keras

        keras.utils.set_random_seed(seed)
        keras.ops.zeros(1)


def keras_backend() -> str:
    """What Keras computes with: ``tensorflow``, ``jax`` or ``torch``; raises as ``start_keras``."""
    refuse_backend()
    with quiet():
        import keras

        return str(keras.backend.backend())
