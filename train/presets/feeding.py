"""Pictures for a preset: whole, in a new order each epoch, with targets named as its outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from edge.box import Box
from edge.image import Image, read_image, resized
from train.batches import Array, Batch, ahead
from train.example import Example
from train.photos import Photo
from train.presets.preset import Preset
from train.render import random_view

_SHUFFLED = 1024  # pictures that tf.data draws from
_KEPT_BYTES = 1_000_000_000
"""Pictures over this are read from the disk each time that they are shown."""


class Pictures:
    """The batches of one preset; the same seed and epoch give the same ones."""

    def __init__(
        self,
        examples: Sequence[Example],
        labels: Sequence[str],
        preset: Preset,
        size: int,
        batch: int,
        seed: int,
    ) -> None:
        self._examples = examples
        self._labels = labels
        self._preset = preset
        self._size = size
        self._batch = batch
        self._seed = seed
        fits = len(examples) * 3 * size**2 <= _KEPT_BYTES
        self._kept: dict[int, Image] | None = {} if fits else None

    def __len__(self) -> int:
        """Batches in an epoch, the last, smaller one included."""
        return -(-len(self._examples) // self._batch)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Every picture once."""
        order = np.random.default_rng((self._seed, number)).permutation(len(self._examples))
        parts = [order[at : at + self._batch] for at in range(0, len(order), self._batch)]
        return ahead(partial(self._make, part, number) for part in parts)

    def _make(self, chosen: npt.NDArray[np.int64], epoch: int) -> Batch:
        shown = [self._shown(int(i), epoch) for i in chosen]
        truths = [(box, self._examples[i].label) for i, (_, box) in zip(chosen, shown, strict=True)]
        targets, weights = targets_of(truths, self._labels, self._preset)
        return Batch(np.stack([pixels for pixels, _ in shown]), targets, weights)

    def _shown(self, at: int, epoch: int) -> tuple[Image, Box | None]:
        example, variety = self._examples[at], self._preset.variety
        if variety is not None:
            rng = np.random.default_rng((self._seed, epoch, at))
            photo = Photo(read_image(example.path), example.box, 0)
            return random_view(photo, self._size, rng, variety)
        if self._kept is None:
            return _read(example, self._size), example.box
        if at not in self._kept:
            self._kept[at] = _read(example, self._size)
        return self._kept[at], example.box


class TensorFlowPictures:
    """The same from TensorFlow's own pipeline, which reads in parallel and ahead."""

    def __init__(
        self,
        examples: Sequence[Example],
        labels: Sequence[str],
        preset: Preset,
        size: int,
        batch: int,
        seed: int,
    ) -> None:
        import tensorflow as tf

        self._count, self._batch, self._seed = len(examples), batch, seed
        targets, weights = targets_of([(e.box, e.label) for e in examples], labels, preset)
        rows = tf.data.Dataset.from_tensor_slices(
            ([str(example.path) for example in examples], targets, weights)
        )

        def read(path: Any) -> Any:
            pixels = tf.numpy_function(lambda name: _pixels(name, size), [path], tf.uint8)
            return tf.ensure_shape(pixels, (size, size, 3))

        shown = rows.map(
            lambda path, target, weight: (read(path), target, weight),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        fits = len(examples) * 3 * size**2 <= _KEPT_BYTES
        self._rows = shown.cache() if fits else shown

    def __len__(self) -> int:
        return -(-self._count // self._batch)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Every picture once."""
        import tensorflow as tf

        rows = self._rows.shuffle(_SHUFFLED, seed=self._seed + number).batch(self._batch)
        return (Batch(*parts) for parts in rows.prefetch(tf.data.AUTOTUNE))


def feed(
    examples: Sequence[Example],
    labels: Sequence[str],
    preset: Preset,
    size: int,
    batch: int,
    seed: int,
) -> Pictures | TensorFlowPictures:
    """The batches of ``examples`` as ``preset`` wants them on the backend that Keras has."""
    import keras

    with_tf = preset.tf_data and keras.backend.backend() == "tensorflow"
    kind = TensorFlowPictures if with_tf else Pictures
    return kind(examples, labels, preset, size, batch, seed)


def whole(
    examples: Sequence[Example], labels: Sequence[str], preset: Preset, size: int
) -> Batch | None:
    """All ``examples`` as one batch, for validation; None where there is none."""
    if not examples:
        return None
    truths = [(example.box, example.label) for example in examples]
    pixels = np.stack([_read(example, size) for example in examples])
    return Batch(pixels, *targets_of(truths, labels, preset))


def targets_of(
    truths: Sequence[tuple[Box | None, str | None]], labels: Sequence[str], preset: Preset
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Targets and weights by the names of the preset's outputs; 0 weighs what nobody knows."""
    boxes = [preset.bbox(box if box is not None else Box(0, 0, 1, 1)) for box, _ in truths]
    numbers = [[labels.index(label) if label in labels else 0] for _, label in truths]
    targets: dict[str, Array] = {
        "label": np.array(numbers, np.int32),
        "bbox": np.array(boxes, np.float32),
    }
    weights: dict[str, Array] = {
        "label": np.array([label in labels for _, label in truths], np.float32),
        "bbox": np.array([box is not None for box, _ in truths], np.float32),
    }
    return tuple({name: of[name] for name in preset.heads} for of in (targets, weights))  # type: ignore[return-value]


def _read(example: Example, size: int) -> Image:
    return resized(read_image(example.path), size, size)


def _pixels(name: bytes, size: int) -> Image:
    from pathlib import Path

    return resized(read_image(Path(name.decode())), size, size)
