"""Model files that the conversion's tests share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def kinds(trained_run: Path, converted_model: Path, tmp_path_factory) -> dict[str, Path]:
    """A file of each precision, of the same trained run; the first two went all the way."""
    from click.testing import CliRunner

    from convert.cli import main
    from convert.quantize import converted
    from train.floating import load_model

    folder = tmp_path_factory.mktemp("kinds")
    names = ("float16", "float32", "dynamic")
    made = {"int8": converted_model} | {kind: folder / f"{kind}.tflite" for kind in names}
    options = ["--out", str(made["float16"]), "--precision", "float16"]
    result = CliRunner().invoke(main, ["tflite", str(trained_run), *options])
    assert result.exit_code == 0, result.output
    assert "held out, float16: mean IoU" in result.output
    model = load_model(trained_run / "model.keras")
    for kind in names[1:]:
        made[kind].write_bytes(converted(model, kind, []))
    return made


@pytest.fixture(scope="session")
def edited() -> Callable[..., bytes]:
    """An editor of flatbuffers: hands the schema's own objects to ``change`` and packs them."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    def edit(content: bytes, change: Callable[[Any], None]) -> bytes:
        model = schema.ModelT.InitFromPackedBuf(content)
        change(model)
        builder = flatbuffers.Builder(len(content) + 1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    return edit


@pytest.fixture(scope="session")
def package() -> Callable[..., bytes]:
    """A maker of the options of an ``edgetpu-custom-op``, as libedgetpu's sources describe them."""
    import flatbuffers
    from flatbuffers import flexbuffers

    def make(minimal_runtime: int, compiler: str = "16.0", identifier: bytes = b"DWN1") -> bytes:
        inner = flatbuffers.Builder(64)
        said = inner.CreateString(compiler)
        inner.StartObject(8)
        inner.PrependInt32Slot(0, minimal_runtime, 0)
        inner.PrependUOffsetTRelativeSlot(4, said, 0)
        inner.Finish(inner.EndObject(), identifier)
        outer = flexbuffers.Builder()
        with outer.Map():
            outer.Int("1", 0)
            outer.Key("4")
            outer.String(bytes(inner.Output()).decode("ascii"))  # it would encode others
        return bytes(outer.Finish())

    return make


@pytest.fixture(scope="session")
def compiled(edited, package) -> Callable[..., bytes]:
    """A maker of what the Edge TPU's compiler leaves: one custom operation between in and out."""
    from ai_edge_litert import schema_py_generated as schema

    def make(content: bytes, minimal_runtime: int = 14, left: int = 0) -> bytes:
        def change(model: Any) -> None:
            graph = model.subgraphs[0]
            code = schema.OperatorCodeT()
            code.deprecatedBuiltinCode = code.builtinCode = schema.BuiltinOperator.CUSTOM
            code.customCode, code.version = b"edgetpu-custom-op", 1
            model.operatorCodes.append(code)
            operator = schema.OperatorT()
            operator.opcodeIndex = len(model.operatorCodes) - 1
            operator.inputs, operator.outputs = graph.inputs, graph.outputs
            operator.customOptions = list(package(minimal_runtime))
            graph.operators = [operator, *graph.operators[len(graph.operators) - left :]]

        return edited(content, change)

    return make


OLD_RUNTIME = Path(__file__).parents[2] / ".venv-tflite-runtime" / "bin" / "python"


@pytest.fixture(scope="session")
def old_runtime() -> Path:
    """A Python that has tflite-runtime 2.14 and numpy 1, which ``make test`` puts beside ours."""
    if OLD_RUNTIME.is_file():
        return OLD_RUNTIME
    if sys.version_info[:2] != (3, 11):
        pytest.skip("tflite-runtime has no wheel for this Python")
    return pytest.skip("tflite-runtime 2.14 is not beside the project; say make old-runtime")
