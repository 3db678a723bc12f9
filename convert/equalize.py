"""Channels of unlike reach made alike, before eight bits round them all by one scale.

A channel that reaches little of its tensor's range is rounded coarsely, and asks for large weights
in the layer that reads it, which coarsen that layer's kernel. Raised where it is made and lowered
where it is read, it says the same. The idea: Nagel et al., "Data-Free Quantization Through Weight
Equalization and Bias Correction", ICCV 2019; here the reaches are measured on pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edge.image import Image

_ROOM = 1.25  # between what the pictures reach and a ceiling: others may reach farther
_MOST = 4.0  # times; more gains no more, and what hardly speaks may speak up in other pictures
_AT_ONCE = 20  # pictures

Floats = npt.NDArray[np.float32]


class Link(NamedTuple):
    """Tensors that share their channels, with who makes and who reads them."""

    tensors: list[Any]
    makers: list[Any]
    readers: list[Any]
    ceiling: float | None
    """The lowest of the ReLUs between, whose outputs ``tensors`` then are; None: nothing clips."""


def equalize(model: Any, pictures: Sequence[Image]) -> None:
    """Change the weights of ``model``, as ``train.network.build`` made it, but not its answers.

    pictures: prepared pixels, uint8 (size, size, 3), by which the reach of each channel is
    measured. Only what is beyond ``_ROOM`` times that is answered otherwise.
    """
    names = {layer.name for layer in model.layers}
    if not {"scale", "features", "head"} <= names or not len(pictures):
        return
    links = links_of(model.get_layer("features"), model.get_layer("head"))
    reaches = _reaches([tensor for link in links for tensor in link.tensors], model, pictures)
    for link in links:
        reach = np.max([reaches[id(tensor)] for tensor in link.tensors], axis=0)
        _apply(link, raised_by(reach, link.ceiling))


def _reaches(tensors: Sequence[Any], model: Any, pictures: Sequence[Image]) -> dict[int, Floats]:
    """How far each channel of ``tensors`` goes, by the tensor's id."""
    import keras

    scaled, features, head = (model.get_layer(name) for name in ("scale", "features", "head"))
    reaches = {id(tensor): np.zeros(tensor.shape[-1], np.float32) for tensor in tensors}
    for network in (features, head):
        inner = {id(operation) for operation in network.operations}
        own = [tensor for tensor in tensors if id(tensor._keras_history.operation) in inner]
        if not own:
            continue
        farthest = [keras.ops.max(keras.ops.abs(tensor), axis=(1, 2)) for tensor in own]
        probe = keras.Model(network.inputs, farthest)
        for at in range(0, len(pictures), _AT_ONCE):
            seen = scaled(np.stack(pictures[at : at + _AT_ONCE]))
            told = probe(seen if network is features else features(seen))
            for tensor, values in zip(own, told, strict=True):
                most = keras.ops.convert_to_numpy(values).max(axis=0)
                reaches[id(tensor)] = np.maximum(reaches[id(tensor)], most)
    return reaches


def raised_by(reach: Floats, ceiling: float | None) -> Floats:
    """How much louder each channel may speak, at least 1.

    Below a ceiling as much as there is room for. Without one the root of what would make all
    alike: half of the unlikeness goes on to the kernel that reads them.
    """
    safe = np.where(reach > 0, reach, np.inf)
    times = ceiling / _ROOM / safe if ceiling is not None else np.sqrt(reach.max() / safe)
    return np.asarray(np.clip(times, 1.0, _MOST), np.float32)


def _apply(link: Link, times: Floats) -> None:
    from keras import layers, ops

    for maker in link.makers:
        if isinstance(maker, layers.BatchNormalization):
            weights = [(maker.gamma, times), (maker.beta, times)]
        else:
            depthwise = isinstance(maker, layers.DepthwiseConv2D)
            weights = [(maker.kernel, times[:, None] if depthwise else times), (maker.bias, times)]
        for variable, factor in weights:
            variable.assign(ops.convert_to_numpy(variable) * factor)
    for reader in link.readers:
        # every kind of kernel has what it reads before the last axis
        reader.kernel.assign(ops.convert_to_numpy(reader.kernel) / times[:, None])


def links_of(*networks: Any) -> list[Link]:
    """What can be equalized: what passes from layers with weights to such with a kernel alone.

    networks: each takes what the one before it tells.
    """
    from keras import layers

    graph = _Graph(networks)
    links: list[Link] = []
    done: set[int] = set()
    for layer in graph.operations:
        if not _can_make(layer) or id(layer) in done:
            continue
        joined = graph.joined(layer)
        done |= {id(one) for one in joined}
        makers = [one for one in joined if not _passes_on(one)]
        readers = graph.readers_of(joined)
        clips = [one for one in joined if isinstance(one, layers.ReLU) and one.max_value]
        ceiling = min((float(one.max_value) for one in clips), default=None)
        tensors = [one.output for one in clips or joined if len(one.output.shape) == 4]
        fits = all(map(_can_make, makers)) and readers and all(map(_has_kernel, readers))
        if fits and tensors and not any(map(graph.tells, joined)):
            links.append(Link(tensors, makers, readers, ceiling))
    return links


class _Graph:
    """Who makes and who reads what, in networks of which each takes what the one before tells."""

    def __init__(self, networks: Sequence[Any]) -> None:
        from keras import layers

        self.operations: list[Any] = []
        """Layers, and bare operations such as a resize, so that no reader is overlooked."""
        self._makers: dict[int, list[Any]] = {}
        self._readers: dict[int, list[Any]] = {}
        told: list[Any] = []
        for network in networks:
            given = dict(zip(map(id, network.inputs), told, strict=True)) if told else {}
            for one in network.operations:
                taken = [] if isinstance(one, layers.InputLayer) else one.input
                taken = taken if isinstance(taken, list) else [taken]
                tensors = [given.get(id(tensor), tensor) for tensor in taken]
                makers = [tensor._keras_history.operation for tensor in tensors]
                self.operations.append(one)
                self._makers[id(one)] = makers
                for maker in makers:
                    self._readers.setdefault(id(maker), []).append(one)
            told = network.outputs
        self._told = {id(tensor._keras_history.operation) for tensor in told}

    def tells(self, operation: Any) -> bool:
        """Whether the last network tells what ``operation`` gives."""
        return id(operation) in self._told

    def joined(self, layer: Any) -> list[Any]:
        """``layer`` and all whose outputs can only be multiplied together with its own."""
        found, at = [layer], 0
        while at < len(found):
            one, at = found[at], at + 1
            before = self._makers[id(one)] if _passes_on(one) else []
            behind = filter(_passes_on, self._readers.get(id(one), []))
            found = list(dict.fromkeys([*found, *before, *behind]))
        return found

    def readers_of(self, operations: Sequence[Any]) -> list[Any]:
        """Who takes what ``operations`` give, those among themselves left out."""
        behind = (reader for one in operations for reader in self._readers.get(id(one), []))
        return [one for one in dict.fromkeys(behind) if not _passes_on(one)]


def _has_kernel(layer: Any) -> bool:
    from keras import layers

    return isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D | layers.Dense)


def _can_make(layer: Any) -> bool:
    """Whether what ``layer`` gives can be multiplied channel by channel."""
    from keras import activations, layers

    if isinstance(layer, layers.BatchNormalization):
        return bool(layer.scale and layer.center)
    return _has_kernel(layer) and layer.use_bias and layer.activation is activations.linear


def _passes_on(operation: Any) -> bool:
    """Whether a positive factor on what ``operation`` takes is one on what it gives."""
    from keras import layers

    if isinstance(operation, layers.ReLU):
        return not operation.negative_slope and not operation.threshold
    shapes = layers.ZeroPadding2D | layers.GlobalAveragePooling2D | layers.Dropout
    # the resize is a bare operation, of a class that Keras does not export
    return isinstance(operation, layers.Add | shapes) or type(operation).__name__ == "Resize"
