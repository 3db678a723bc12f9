"""A file is read without being run; what is no whole model is said in one sentence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed")

from convert.graph import read_graph
from edge.errors import LocalizerError


def test_a_graph_tells_its_operations_and_tensors(tiny_flatbuffer) -> None:
    graph = read_graph(tiny_flatbuffer, "tiny.tflite")
    (seen,) = graph.input_tensors
    assert (seen.type, seen.shape, seen.scales) == ("UINT8", (1, 32, 32, 3), 1)
    assert graph.names == ("attention", "label", "offsets", "presence")
    names = {operation.name for operation in graph.operations}
    assert {"CONV_2D", "AVERAGE_POOL_2D", "FULLY_CONNECTED"} <= names


def test_the_tensors_of_an_operation_are_found(tiny_flatbuffer) -> None:
    graph = read_graph(tiny_flatbuffer, "tiny.tflite")
    convolution = next(o for o in graph.operations if o.name == "CONV_2D")
    picture, kernel, bias, answer = graph.touched(convolution)
    assert [t.constant for t in (picture, kernel, bias, answer)] == [False, True, True, False]
    assert kernel.shape[-1] == picture.shape[-1] == 3


def test_every_output_has_one_scale(tiny_flatbuffer) -> None:
    graph = read_graph(tiny_flatbuffer, "tiny.tflite")
    assert [graph.tensors[index].scales for index in graph.outputs] == [1, 1, 1, 1]


def test_an_open_length_is_minus_one(tiny_flatbuffer, edited) -> None:
    def opened(model) -> None:
        graph = model.subgraphs[0]
        graph.tensors[graph.inputs[0]].shapeSignature = np.array([-1, 32, 32, 3], np.int32)

    (seen,) = read_graph(edited(tiny_flatbuffer, opened), "m").input_tensors
    assert seen.shape == (-1, 32, 32, 3)
    assert seen.dynamic


def test_what_lies_behind_the_flatbuffer_is_ignored(tiny_model, tiny_flatbuffer) -> None:
    assert read_graph(tiny_model.read_bytes(), "m") == read_graph(tiny_flatbuffer, "m")


def test_another_file_is_no_model() -> None:
    with pytest.raises(LocalizerError, match=r"photo.jpg is not a TFLite model .* give a file"):
        read_graph(b"\xff\xd8\xff\xe0 and so on", "photo.jpg")


@pytest.mark.parametrize("share", [0.001, 0.01, 0.3, 0.9])
def test_a_truncated_model_is_refused(share, tiny_flatbuffer) -> None:
    part = tiny_flatbuffer[: int(len(tiny_flatbuffer) * share)]
    with pytest.raises(LocalizerError, match=r"m\.tflite is (damaged or cut short|not a TFLite)"):
        read_graph(part, "m.tflite")


def test_a_graph_that_names_no_tensor_of_its_own_is_refused(tiny_flatbuffer, edited) -> None:
    def led_astray(model) -> None:
        model.subgraphs[0].outputs = np.array([10_000], np.int32)

    with pytest.raises(LocalizerError, match="names a tensor that it does not have"):
        read_graph(edited(tiny_flatbuffer, led_astray), "m")


def read_or_refused(content: bytes) -> None:
    """Nothing but an answer or a LocalizerError comes of ``content``."""
    try:
        read_graph(content, "m.tflite")
    except LocalizerError as error:
        assert "m.tflite" in str(error)


@given(st.binary(max_size=400))
@example(b"")
@example(b"\0\0\0\0TFL3")
def test_random_bytes_never_end_in_a_traceback(tail) -> None:
    read_or_refused(tail[:4].ljust(4, b"\0") + b"TFL3" + tail[4:])


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_model_with_damaged_bytes_never_ends_in_a_traceback(data, tiny_flatbuffer) -> None:
    content = bytearray(tiny_flatbuffer)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 4))
        content[at : at + 4] = data.draw(st.binary(min_size=4, max_size=4))
    read_or_refused(bytes(content))
