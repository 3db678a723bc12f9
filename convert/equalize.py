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
    """Of the ReLU between; None where nothing is between."""


def equalize(model: Any, pictures: Sequence[Image]) -> None:
    """Change the weights of ``model``, as ``train.network.build`` made it, but not its answers.

    pictures: prepared pixels, uint8 (size, size, 3), by which the reach of each channel is
    measured. Only what is beyond ``_ROOM`` times that is answered otherwise.
    """
    import keras

    names = {layer.name for layer in model.layers}
    if not {"scale", "features", "head"} <= names or not len(pictures):
        return
    scaled, features = model.get_layer("scale"), model.get_layer("features")
    for network in (features, model.get_layer("head")):
        links = links_of(network)
        tensors = [tensor for link in links for tensor in link.tensors]
        if not tensors:
            continue
        farthest = [keras.ops.max(keras.ops.abs(t), axis=(1, 2)) for t in tensors]
        probe = keras.Model(network.inputs, farthest)
        reaches = [np.zeros(t.shape[-1], np.float32) for t in tensors]
        for at in range(0, len(pictures), _AT_ONCE):
            seen = scaled(np.stack(pictures[at : at + _AT_ONCE]))
            told = probe([seen] if network is features else features(seen))
            new = [keras.ops.convert_to_numpy(values).max(axis=0) for values in told]
            reaches = [np.maximum(old, one) for old, one in zip(reaches, new, strict=True)]
        for link in links:
            own, reaches = reaches[: len(link.tensors)], reaches[len(link.tensors) :]
            _apply(link, raised_by(np.max(own, axis=0), link.ceiling))


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
        # both kinds of kernel have what they read before the last axis
        reader.kernel.assign(ops.convert_to_numpy(reader.kernel) / times[:, None])


def links_of(network: Any) -> list[Link]:
    """What can be equalized: a ReLU with a ceiling between two layers, and sums of linear maps."""
    from keras import layers

    # bare operations among them, such as a resize, so that no reader is overlooked
    readers: dict[str, list[Any]] = {layer.name: [] for layer in network.operations}
    for layer in network.operations:
        for maker in _makers(layer):
            readers[maker.name].append(layer)
    told = {id(tensor) for tensor in network.outputs}
    links = []
    for layer in network.layers:
        if isinstance(layer, layers.ReLU) and layer.max_value and id(layer.output) not in told:
            behind = readers[layer.name]
            while len(behind) == 1 and isinstance(behind[0], layers.ZeroPadding2D):
                behind = readers[behind[0].name]
            (maker,) = _makers(layer)
            # what is read or told before the ReLU as well must stay as it is
            free = readers[maker.name] == [layer] and id(maker.output) not in told
            if behind and all(map(_has_kernel, behind)) and free and _can_make(maker):
                links.append(Link([layer.output], [maker], behind, float(layer.max_value)))
    done: set[str] = set()
    for layer in network.layers:
        if _is_linear(layer) and layer.name not in done:
            sums = _summed(layer, readers)
            done |= {one.name for one in sums}
            makers = [one for one in sums if not isinstance(one, layers.Add)]
            behind = [one for part in sums for one in readers[part.name]]
            behind = [one for one in dict.fromkeys(behind) if not isinstance(one, layers.Add)]
            tensors = [one.output for one in sums]
            fits = all(map(_is_linear, makers)) and behind and all(map(_has_kernel, behind))
            if fits and not any(id(tensor) in told for tensor in tensors):
                links.append(Link(tensors, makers, behind, None))
    return links


def _summed(layer: Any, readers: dict[str, list[Any]]) -> list[Any]:
    """``layer`` and whatever is added up with its output, the sums included."""
    from keras import layers

    found, at = [layer], 0
    while at < len(found):
        one, at = found[at], at + 1
        sums = [reader for reader in readers[one.name] if isinstance(reader, layers.Add)]
        parts = _makers(one) if isinstance(one, layers.Add) else []
        found += [other for other in (*sums, *parts) if other not in found]
    return found


def _makers(layer: Any) -> list[Any]:
    """The layers whose outputs ``layer`` takes."""
    from keras import layers

    if isinstance(layer, layers.InputLayer):
        return []
    taken = layer.input if isinstance(layer.input, list) else [layer.input]
    return [tensor._keras_history.operation for tensor in taken]


def _has_kernel(layer: Any) -> bool:
    from keras import layers

    return isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D)


def _can_make(layer: Any) -> bool:
    """Whether what ``layer`` gives can be multiplied channel by channel."""
    from keras import layers

    normalizes = isinstance(layer, layers.BatchNormalization) and layer.scale and layer.center
    return normalizes or (_has_kernel(layer) and _affine(layer))


def _is_linear(layer: Any) -> bool:
    """Whether ``layer`` is a full convolution whose output can be multiplied by channel."""
    from keras import layers

    full = isinstance(layer, layers.Conv2D) and not isinstance(layer, layers.DepthwiseConv2D)
    return full and _affine(layer)


def _affine(layer: Any) -> bool:
    from keras import activations

    return layer.use_bias and layer.activation is activations.linear
