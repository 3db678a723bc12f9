"""The pixels of a whole batch of views at once, by Keras, where there is an accelerator.

A resize of one axis is a matrix that holds the share of each source pixel in each pixel of the
result. Those of ``edge.image.resized`` are made here from the same decision, so that both ways give
the same pixels but for rounding: ``tests/train/test_render_batch.py`` holds that to one of 256
before the light changes, which may make four of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edge.image import Image, Resampling, resampling
from train.augment import View
from train.batches import OnProcessor, Renderer
from train.photos import Photo
from train.render import pasted

Floats = npt.NDArray[np.float32]


class Gathered(NamedTuple):
    """Photos and their views as arrays; the first axis of each is that of the pictures."""

    photos: npt.NDArray[np.uint8]
    """Shape (pictures, height, width, 3): each photo at the upper left, black beside it."""
    sides: Floats
    """Shape (pictures, 2): height and width of the photo itself, in pixels."""
    starts: Floats
    """Shape (pictures, 2): the window's top and left."""
    lengths: Floats
    """Shape (pictures, 2): the window's height and width."""
    ways: npt.NDArray[np.int32]
    """Shape (pictures,): a ``Resampling``."""
    reaches: Floats
    """Shape (pictures, 2): how far the blur reaches down and across, in pixels of the view."""
    greys: Floats
    """Shape (pictures,)."""
    matrices: Floats
    """Shape (pictures, 3, 3), of the light."""
    biases: Floats
    """Shape (pictures,), of the light."""
    mirrored: npt.NDArray[np.bool_]
    """Shape (pictures,)."""


class OnAccelerator:
    """Views are cut, resized, blurred and lit there; photos go there with their pastes done."""

    def __init__(self, photos: Sequence[Photo], size: int) -> None:
        """photos: all that there will be; their largest sides give each batch its one shape."""
        shapes = [photo.pixels.shape[:2] for photo in photos]
        self._shape = max(h for h, _ in shapes), max(w for _, w in shapes)
        self._size = size
        self._render = _as_graph(lambda *parts: render(Gathered(*parts), size))

    def __call__(self, seen: Sequence[tuple[Image, View]]) -> Any:
        photos = np.zeros((len(seen), *self._shape, 3), np.uint8)
        for canvas, (photo, view) in zip(photos, seen, strict=True):
            # parts over others have no shape in common, and are few
            canvas[: photo.shape[0], : photo.shape[1]] = pasted(photo, view.pastes)
        views = [view for _, view in seen]
        edges = np.array([view.window for view in views], np.float32)
        lengths = edges[:, [3, 2]] - edges[:, [1, 0]]
        ways = [resampling(across, down) for down, across in lengths / self._size]
        gathered = Gathered(
            photos=photos,
            sides=np.array([photo.shape[:2] for photo, _ in seen], np.float32),
            starts=edges[:, [1, 0]],
            lengths=lengths,
            ways=np.array(ways, np.int32),
            reaches=np.array([[n // 2 for n in view.blur[::-1]] for view in views], np.float32),
            greys=np.array([view.grey for view in views], np.float32),
            matrices=np.array([view.light.matrix for view in views], np.float32),
            biases=np.array([view.light.bias for view in views], np.float32),
            mirrored=np.array([view.mirrored for view in views], np.bool_),
        )
        return self._render(*gathered)


def renderer_for(photos: Sequence[Photo], size: int) -> Renderer:
    """The accelerator where Keras computes on one, else the processor."""
    import keras

    # each backend says in its own words where a new tensor lies; all call the processor a CPU
    processor = "cpu" in str(keras.ops.zeros(1).device).lower()
    return OnProcessor(size) if processor else OnAccelerator(photos, size)


def _as_graph(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` of tensors as one graph, where the backend of Keras makes graphs."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function)  # type: ignore[no-any-return]
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    return function


def render(gathered: Gathered, size: int) -> Any:
    """The views' pixels as a tensor, uint8 of shape (pictures, size, size, 3).

    gathered: arrays, or the tensors that stand for them in a graph.
    """
    from keras import ops

    g = Gathered(*map(ops.convert_to_tensor, gathered))
    down, across = (
        ops.matmul(
            _blurring(size, g.reaches[:, axis]),
            _resizing(
                size,
                g.photos.shape[1 + axis],
                g.starts[:, axis],
                g.lengths[:, axis],
                g.sides[:, axis],
                g.ways,
            ),
        )
        for axis in (0, 1)
    )
    across = ops.where(g.mirrored[:, None, None], ops.flip(across, 1), across)
    photos = ops.cast(ops.transpose(g.photos, (0, 3, 1, 2)), "float32")
    rows = ops.matmul(down[:, None], photos)
    seen = ops.matmul(rows, ops.transpose(across, (0, 2, 1))[:, None])
    # what the photo does not cover is grey
    covered = ops.sum(down, 2)[:, None, :, None] * ops.sum(across, 2)[:, None, None, :]
    seen = ops.round(seen + g.greys[:, None, None, None] * (1 - covered))
    mean = ops.mean(seen, (2, 3))
    shift = mean + g.biases[:, None] - ops.einsum("pij,pj->pi", g.matrices, mean)
    lit = ops.einsum("pij,pjyx->pyxi", g.matrices, seen) + shift[:, None, None, :]
    return ops.cast(ops.clip(ops.round(lit), 0, 255), "uint8")


def _resizing(size: int, cells: int, start: Any, length: Any, side: Any, way: Any) -> Any:
    """The share of each of ``cells`` pixels in each of ``size``, as ``edge.image.resized`` has it.

    start, length, side: of the window and of the photo along this axis, shape (pictures,).
    way: shape (pictures,). Gives shape (pictures, size, cells), where a row sums to 1 unless a
    part of it lies beyond the photo.
    """
    from keras import ops

    start, length, side, way = (part[:, None, None] for part in (start, length, side, way))
    pixel = ops.arange(cells, dtype="float32")[None, None, :]
    result = ops.arange(size, dtype="float32")[None, :, None]
    source = pixel - start  # counted in the window

    def linear(many: int, which: Any) -> Any:
        place = ops.clip((which + 0.5) * (length / many) - 0.5, 0.0, length - 1)
        return ops.maximum(1.0 - ops.abs(place - source), 0.0)

    scale = length / size
    first = ops.maximum(result * scale, source)
    last = ops.minimum((result + 1) * scale, source + 1)
    area = ops.maximum(last - first, 0.0) / scale
    halved = (linear(2 * size, 2 * result) + linear(2 * size, 2 * result + 1)) / 2
    shrunk = ops.where(way == int(Resampling.HALVED), halved, area)
    shares = ops.where(way == int(Resampling.LINEAR), linear(size, result), shrunk)
    return ops.where(pixel < side, shares, 0.0)


def _blurring(size: int, reach: Any) -> Any:
    """The mean of the ``reach`` neighbours on both sides; those outside mirror those inside.

    reach: shape (pictures,). Gives shape (pictures, size, size).
    """
    from keras import ops

    reach = reach[:, None, None]
    result = ops.arange(size, dtype="float32")[None, :, None]
    pixel = ops.arange(size, dtype="float32")[None, None, :]
    near = ops.cast(ops.abs(result - pixel) <= reach, "float32")
    # OpenCV's reflect 101: the outermost pixel stands once
    before = (result + pixel <= reach) & (pixel > 0)
    after = (2 * (size - 1) - result - pixel <= reach) & (pixel < size - 1)
    mirrored = ops.cast(before, "float32") + ops.cast(after, "float32")
    return (near + mirrored) / (2 * reach + 1)
