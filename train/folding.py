"""A pretrained network with its batch normalizations folded into its convolutions.

A few hundred photos are too few for new statistics, so those of ImageNet stay; and a normalization
with fixed statistics is no more than a scale and a shift. Folded in, they cannot be trained away by
mistake (Keras passes ``training=True`` down through a ``training=False`` that a functional model
was called with), a training step has less to do, and the kernels that are trained are those that
become int8.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def folded(network: Any) -> Any:
    """A copy of ``network`` with the same answers in inference and no normalization.

    network: a functional Keras model whose every BatchNormalization follows a Conv2D or
    DepthwiseConv2D without a bias. The other layers keep their names.
    """
    import keras
    from keras import layers

    def made(layer: Any) -> Any:
        config = layer.get_config()
        if layer.name in follower:
            config["use_bias"] = True
        return type(layer).from_config(config)

    def called(layer: Any, *inputs: Any, **others: Any) -> Any:
        left_out = isinstance(layer, layers.BatchNormalization)
        return inputs[0] if left_out else layer(*inputs, **others)

    follower = {
        _before(layer).name: layer
        for layer in network.layers
        if isinstance(layer, layers.BatchNormalization)
    }
    copy = keras.models.clone_model(network, call_function=called, clone_function=made)
    for layer in network.layers:
        if layer.name in follower:
            kernel, bias = _scaled(layer, follower[layer.name])
            copy.get_layer(layer.name).set_weights([kernel, bias])
        elif layer.weights and not isinstance(layer, layers.BatchNormalization):
            copy.get_layer(layer.name).set_weights(layer.get_weights())
    return copy


def _before(layer: Any) -> Any:
    """The layer whose output ``layer`` takes."""
    return layer.input._keras_history.operation


def _scaled(convolution: Any, normalization: Any) -> tuple[Any, Any]:
    """The kernel and the bias that do what both layers do with fixed statistics."""
    from keras import layers

    (kernel,) = convolution.get_weights()
    gamma, beta, mean, variance = normalization.get_weights()
    scale = gamma / np.sqrt(variance + normalization.epsilon)
    # a depthwise kernel is (rows, columns, channels, 1), a plain one (…, channels in, channels out)
    depthwise = isinstance(convolution, layers.DepthwiseConv2D)
    return kernel * (scale[:, None] if depthwise else scale), beta - mean * scale
