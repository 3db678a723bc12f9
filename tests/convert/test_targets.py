"""Each target says yes to a good file, and names every cause for a bad one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed")

from ai_edge_litert import schema_py_generated as schema

from convert.graph import read_graph
from convert.targets import EDGE_TPU, TARGETS

EVERYWHERE = tuple(TARGETS)
WITH_EDGE_RUN = ("bookworm", "trixie", "tflite-runtime-2.14", "edgetpu")
ON_CPUS = ("bookworm", "trixie", "tflite-runtime-2.14", "rpicam-apps")


@pytest.fixture
def said(tiny_flatbuffer, edited):
    """What a target says of the tiny model after a change."""

    def violations(target, change=lambda model: None) -> list[str]:
        return TARGETS[target].violations(read_graph(edited(tiny_flatbuffer, change), "m"))

    return violations


def code_of(model, name):
    number = getattr(schema.BuiltinOperator, name)
    return next(c for c in model.operatorCodes if c.builtinCode == number)


@pytest.mark.parametrize("target", EVERYWHERE)
def test_a_good_int8_file_will_do(target, said) -> None:
    assert said(target) == []


@pytest.mark.parametrize("target", EVERYWHERE)
def test_the_converted_int8_file_will_do(target, kinds) -> None:
    assert TARGETS[target].violations(read_graph(kinds["int8"].read_bytes(), "m")) == []


@pytest.mark.parametrize("kind", ["float16", "float32", "dynamic"])
def test_the_other_kinds_will_do_on_every_cpu_and_not_on_the_edge_tpu(kind, kinds) -> None:
    graph = read_graph(kinds[kind].read_bytes(), "m")
    assert [TARGETS[target].violations(graph) for target in ON_CPUS] == [[], [], [], []]
    violations = " ".join(TARGETS["edgetpu"].violations(graph))
    assert "the Edge TPU has no CAST, so it and all behind it would stay on the CPU" in violations
    assert "is FLOAT32, so the compiler would call the model not quantized" in violations


@pytest.mark.parametrize(
    ("target", "most"),
    [
        ("bookworm", 8),
        ("trixie", 8),
        ("tflite-runtime-2.14", 7),
        ("rpicam-apps", 7),
        ("edgetpu", 5),
    ],
)
def test_a_version_is_too_new_one_above_the_highest(target, most, said) -> None:
    def version(number):
        return lambda model: setattr(code_of(model, "CONV_2D"), "version", number)

    assert said(target, version(most)) == []
    (sentence,) = said(target, version(most + 1))
    assert sentence.startswith(f"CONV_2D is of version {most + 1} but ")
    assert sentence.endswith(f"knows it up to {most}; convert again with edge-convert tflite "
                             "--precision int8")  # fmt: skip


@pytest.mark.parametrize("target", EVERYWHERE)
def test_an_operation_from_the_future_is_named(target, said) -> None:
    def change(model) -> None:
        code_of(model, "CONV_2D").builtinCode = 250

    assert any(s.startswith("operation 250 is no operation that ") for s in said(target, change))


@pytest.mark.parametrize("target", EVERYWHERE)
def test_an_open_batch_is_named(target, said) -> None:
    def change(model) -> None:
        graph = model.subgraphs[0]
        graph.tensors[graph.inputs[0]].shapeSignature = np.array([-1, 32, 32, 3], np.int32)

    (sentence,) = said(target, change)
    assert "has the open shape (-1, 32, 32, 3) (-1 is unknown); convert again" in sentence


@pytest.mark.parametrize("target", EVERYWHERE)
def test_int8_pixels_are_refused(target, said) -> None:
    def change(model) -> None:
        graph = model.subgraphs[0]
        graph.tensors[graph.inputs[0]].type = schema.TensorType.INT8

    (sentence,) = said(target, change)
    assert sentence.startswith("its input is INT8 but UINT8 ")


def test_float_pixels_are_for_edge_run_on_a_cpu_only(said) -> None:
    def change(model) -> None:
        graph = model.subgraphs[0]
        graph.tensors[graph.inputs[0]].type = schema.TensorType.FLOAT32

    refusing = [target for target in EVERYWHERE if said(target, change)]
    assert refusing == ["edgetpu", "rpicam-apps"]
    assert said("rpicam-apps", change)[0].startswith("its input is FLOAT32 but UINT8 is wanted")


@pytest.mark.parametrize("target", EVERYWHERE)
def test_four_pictures_at_once_are_refused(target, said) -> None:
    def change(model) -> None:
        graph = model.subgraphs[0]
        graph.tensors[graph.inputs[0]].shape = np.array([4, 32, 32, 3], np.int32)
        graph.tensors[graph.inputs[0]].shapeSignature = None

    assert any(
        "its input has the shape (4, 32, 32, 3), not (1, h" in s for s in said(target, change)
    )


@pytest.mark.parametrize("target", EVERYWHERE)
def test_a_second_input_is_refused(target, said) -> None:
    def change(model) -> None:
        graph = model.subgraphs[0]
        graph.inputs = np.array([graph.inputs[0]] * 2, np.int32)

    assert "it has 2 inputs, but a localizer has one" in said(target, change)[0]


@pytest.mark.parametrize("target", EVERYWHERE)
def test_a_custom_operation_is_named(target, said) -> None:
    def change(model) -> None:
        code = code_of(model, "CONV_2D")
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
        code.customCode = b"MyDetector"

    (sentence,) = said(target, change)
    assert sentence.startswith("the custom operation 'MyDetector' needs code that no runtime here")


@pytest.mark.parametrize("target", WITH_EDGE_RUN)
def test_another_projects_outputs_are_named(target, said) -> None:
    def change(model) -> None:
        model.signatureDefs[0].outputs[0].name = b"boxes"

    (sentence,) = said(target, change)
    assert (
        "names the outputs boxes, label, offsets, presence, but edge-run looks for att" in sentence
    )


@pytest.mark.parametrize("name", ["TILE", "SHAPE", "BATCH_MATMUL", "DEQUANTIZE", "CAST"])
def test_the_edge_tpu_lacks_what_the_traps_bring(name, said) -> None:
    def change(model) -> None:
        code = code_of(model, "AVERAGE_POOL_2D")
        code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, name)
        code.version = 1

    assert name not in EDGE_TPU
    (sentence,) = said("edgetpu", change)
    assert sentence.startswith(f"the Edge TPU has no {name}, so it and all behind it")


def test_only_the_three_innermost_axes_may_be_long_on_the_edge_tpu(said) -> None:
    def change(model) -> None:
        graph = model.subgraphs[0]
        graph.tensors[graph.outputs[0]].shape = np.array([2, 8, 8, 4], np.int32)

    (sentence,) = said("edgetpu", change)
    assert "has the shape (2, 8, 8, 4), but only the three innermost axes" in sentence


def violations(target: str, content: bytes) -> list[str]:
    return TARGETS[target].violations(read_graph(content, "m"))


def test_a_compiled_file_is_for_the_edge_tpu_only(tiny_flatbuffer, compiled) -> None:
    content = compiled(tiny_flatbuffer)
    assert violations("edgetpu", content) == []
    for target in ON_CPUS:
        (sentence,) = violations(target, content)
        assert sentence.startswith("edgetpu-custom-op runs on an Edge TPU only; take the int8 file")


def test_a_runtime_newer_than_libedgetpu_is_refused(tiny_flatbuffer, compiled) -> None:
    (sentence,) = violations("edgetpu", compiled(tiny_flatbuffer, minimal_runtime=15))
    assert sentence.startswith("it wants Edge TPU runtime 15 but libedgetpu is 14; compile it with")


def test_an_unreadable_package_is_said_to_be_one(tiny_flatbuffer, compiled, edited) -> None:
    def change(model) -> None:
        model.subgraphs[0].operators[0].customOptions = [1, 2, 3, 4]

    (sentence,) = violations("edgetpu", edited(compiled(tiny_flatbuffer), change))
    assert "cannot be read, so its minimal runtime version is unknown" in sentence


def test_what_the_compiler_left_on_the_cpu_is_named(tiny_flatbuffer, compiled) -> None:
    assert violations("edgetpu", compiled(tiny_flatbuffer, left=4)) == []  # four QUANTIZE at exit
    (sentence,) = violations("edgetpu", compiled(tiny_flatbuffer, left=5))
    assert "was left on the CPU by the compiler; compile a file that edge-convert" in sentence


ANSWER = """
import json, sys
import numpy as np
from pathlib import Path
from edge.runtime import Network
picture = np.load(sys.argv[1])
found = {}
for path in sys.argv[2:]:
    network = Network(Path(path))
    found[path] = {name: values.tolist() for name, values in network(picture).items()}
print(json.dumps([network.runtime, found]))
"""


def answers(python: Path, picture: Path, files: list[Path]) -> tuple[str, dict]:
    """The runtime of ``python``, and the outputs of each file, through the device's own code."""
    said = subprocess.run(
        [python, "-c", ANSWER, picture, *files],
        check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    runtime, found = json.loads(said.stdout.splitlines()[-1])
    return runtime, found


def test_tflite_runtime_loads_every_kind_and_answers_like_litert(
    kinds, old_runtime, tmp_path
) -> None:
    from edge.runtime import Network

    picture = np.random.default_rng(1).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    np.save(tmp_path / "picture.npy", picture)
    runtime, found = answers(old_runtime, tmp_path / "picture.npy", list(kinds.values()))
    assert runtime == "tflite-runtime 2.14.0"
    for path in kinds.values():
        for name, values in Network(path)(picture).items():
            largest = float(np.abs(values).max()) + 1e-3
            assert np.abs(values - found[str(path)][name]).max() < 0.1 * largest, (path, name)


@pytest.mark.parametrize("name", ["CONV_2D", "FULLY_CONNECTED"])
def test_tflite_runtime_refuses_what_the_table_refuses(
    name, tiny_flatbuffer, edited, old_runtime, tmp_path
) -> None:
    def change(model) -> None:
        code_of(model, name).version = 12

    newer = tmp_path / "newer.tflite"
    newer.write_bytes(edited(tiny_flatbuffer, change))
    assert violations("tflite-runtime-2.14", newer.read_bytes())
    np.save(tmp_path / "picture.npy", np.zeros((32, 32, 3), np.uint8))
    with pytest.raises(subprocess.CalledProcessError) as caught:
        answers(old_runtime, tmp_path / "picture.npy", [newer])
    assert f"Didn't find op for builtin opcode '{name}' version '12'" in caught.value.stderr
