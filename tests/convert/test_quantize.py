"""The int8 file is what accelerators and old runtimes can load."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

from convert.quantize import full_int8  # noqa: E402
from edge.decode import OUTPUTS  # noqa: E402
from edge.errors import LocalizerError  # noqa: E402
from train.floating import KerasNetwork, load_model  # noqa: E402

CLEAN = {
    "QUANTIZE", "CONV_2D", "DEPTHWISE_CONV_2D", "ADD", "MEAN", "FULLY_CONNECTED",
    "RESIZE_NEAREST_NEIGHBOR", "PAD", "RELU", "MAX_POOL_2D", "RESHAPE",
}  # fmt: skip


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


def test_every_operation_has_a_place_on_accelerators(interpreter) -> None:
    names = {detail["op_name"] for detail in interpreter._get_ops_details()}
    assert names <= CLEAN


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
