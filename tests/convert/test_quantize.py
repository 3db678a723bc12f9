"""Every kind of file keeps its weights and its promises; int8 is what accelerators can load."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

from convert.graph import read_graph  # noqa: E402
from convert.quantize import (  # noqa: E402
    BYTES_A_WEIGHT,
    full_int8,
    refuse_lost_weights,
)
from edge.errors import LocalizerError  # noqa: E402
from edge.tensors import OUTPUTS  # noqa: E402
from train.floating import KerasNetwork, load_model  # noqa: E402

CLEAN = {
    "CONV_2D", "DEPTHWISE_CONV_2D", "ADD", "MEAN", "FULLY_CONNECTED", "RESIZE_NEAREST_NEIGHBOR",
    "PAD", "RELU", "MAX_POOL_2D", "RESHAPE",
}  # fmt: skip
ALSO = {
    "int8": {"QUANTIZE"},
    "float32": {"CAST", "MUL", "SUB"},  # uint8 pixels to floats, then their scaling
    "float16": {"CAST", "MUL", "SUB", "DEQUANTIZE"},
    "dynamic": {"CAST", "MUL", "SUB"},
}
KINDS = tuple(BYTES_A_WEIGHT)


@pytest.fixture(scope="module")
def interpreter(converted_model: Path):
    from ai_edge_litert.interpreter import Interpreter

    loaded = Interpreter(
        str(converted_model), experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=_plain(),
    )  # fmt: skip
    loaded.allocate_tensors()
    return loaded


def _plain():
    from ai_edge_litert.interpreter import OpResolverType

    return OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES


@pytest.mark.parametrize("kind", KINDS)
def test_no_file_holds_an_operation_that_is_not_on_its_list(kind, kinds) -> None:
    # so no TILE, SHAPE, PACK or BATCH_MATMUL either
    names = {name for name, _, _ in read_graph(kinds[kind].read_bytes(), kind).codes}
    assert names <= CLEAN | ALSO[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_takes_one_picture_of_uint8_pixels(kind, kinds) -> None:
    graph = read_graph(kinds[kind].read_bytes(), kind)
    (seen,) = graph.input_tensors
    assert (seen.type, seen.shape) == ("UINT8", (1, 64, 64, 3))
    assert not [tensor.name for tensor in graph.tensors if tensor.dynamic]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_as_large_as_its_weights(kind, kinds, trained_run) -> None:
    model = load_model(trained_run / "model.keras")
    refuse_lost_weights(model, kinds[kind].read_bytes(), kind)
    with pytest.raises(
        LocalizerError, match=r"has 1000 bytes but the model's kernels .* were lost"
    ):
        refuse_lost_weights(model, bytes(1000), kind)


def test_the_way_that_drops_the_weights_is_noticed(trained_run: Path) -> None:
    model = load_model(trained_run / "model.keras")
    seen = [tf.TensorSpec((1, 64, 64, 3), tf.uint8)]
    function = tf.function(model, input_signature=seen)
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [function.get_concrete_function()], model
    )
    with pytest.raises(LocalizerError, match="weights were lost"):
        refuse_lost_weights(model, converter.convert(), "float32")


@pytest.mark.parametrize(
    ("kind", "share"), [("float32", 1e-4), ("float16", 0.02), ("dynamic", 0.1)]
)
def test_every_kind_answers_like_the_model_from_the_same_pixels(
    kind, share, kinds, trained_run
) -> None:
    from edge.runtime import Network

    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    exact = KerasNetwork(load_model(trained_run / "model.keras"))(picture)
    given = Network(kinds[kind])(picture)
    for name in OUTPUTS:
        largest = float(np.abs(exact[name]).max())
        assert np.abs(exact[name] - given[name]).max() <= share * largest + 1e-5, name


def test_it_takes_pixels_as_they_are(interpreter) -> None:
    (detail,) = interpreter.get_input_details()
    assert detail["dtype"] == np.uint8
    assert detail["shape"].tolist() == [1, 64, 64, 3]
    scale, zero_point = detail["quantization"]
    assert scale == pytest.approx(2 / 255, rel=1e-3)
    assert zero_point in (127, 128)


def test_every_output_has_a_name_and_a_scale_of_its_own(interpreter) -> None:
    outputs = interpreter.get_signature_runner().get_output_details()
    assert set(outputs) == set(OUTPUTS)
    for detail in outputs.values():
        assert detail["dtype"] == np.uint8
        assert detail["quantization"][0] > 0


def test_quantized_and_float_answer_alike(trained_run: Path, converted_model: Path) -> None:
    from edge.runtime import Network

    floating = KerasNetwork(load_model(trained_run / "model.keras"))
    network = Network(converted_model)
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    exact, coarse = floating(picture), network(picture)
    for name in OUTPUTS:
        spread = float(np.ptp(exact[name])) + 1.0
        assert np.abs(exact[name] - coarse[name]).mean() < 0.1 * spread, name


def test_nothing_to_calibrate_with_is_said(trained_run: Path) -> None:
    with pytest.raises((LocalizerError, ValueError), match="no picture is left to calibrate"):
        full_int8(load_model(trained_run / "model.keras"), [])
