"""Compiling for the Edge TPU, with a stand-in that prints what Coral's compiler prints."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed")

from convert.cli import main
from convert.graph import read_graph
from convert.signature import with_signature
from edge.bundle import read_bundle, with_bundle
from edge.card import read_card
from edge.errors import LocalizerError

STAND_IN = Path(__file__).with_name("stand_in_compiler.py")


@pytest.fixture
def model(tiny_model, tmp_path) -> Path:
    """A released int8 file, with its card and one more file behind it."""
    path = tmp_path / "model.tflite"
    bundle = read_bundle(tiny_model)
    more = {**bundle.files, "golden/0.jpg": b"\xff\xd8 a picture"}
    path.write_bytes(with_bundle(bundle.flatbuffer, more))
    return path


@pytest.fixture
def compile_as(model, compiled, tmp_path, monkeypatch):
    """Run ``edge-convert edgetpu`` with a compiler that behaves as told."""

    def run(behaviour, *options, result=None, given=model):
        tool = tmp_path / "bin" / "edgetpu_compiler"
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(f'#!/bin/sh\nexec {sys.executable} {STAND_IN} "$@"\n')
        tool.chmod(0o755)
        made = tmp_path / "made.tflite"
        made.write_bytes(result or compiled(read_bundle(model).flatbuffer))
        monkeypatch.setenv("PATH", f"{tool.parent}:/usr/bin:/bin")
        monkeypatch.setenv("STAND_IN", behaviour)
        monkeypatch.setenv("STAND_IN_RESULT", str(made))
        return CliRunner().invoke(main, ["edgetpu", str(given), *map(str, options)])

    return run


@pytest.mark.parametrize("behaviour", ["works", "entry-and-exit"])
def test_a_compiled_file_keeps_all_that_travelled_behind_the_model(
    behaviour, compile_as, model, tmp_path
) -> None:
    result = compile_as(behaviour)
    assert result.exit_code == 0, result.output
    made = tmp_path / "model_edgetpu.tflite"
    assert read_card(made) == read_card(model)
    before, after = read_bundle(model), read_bundle(made)
    assert {name: after.files[name] for name in before.files} == dict(before.files)
    names = [o.name for o in read_graph(made.read_bytes(), "m").operations]
    assert names == ["edgetpu-custom-op"]


def test_it_says_what_runs_where_and_names_the_int8_twin(compile_as, model, tmp_path) -> None:
    result = compile_as("entry-and-exit")
    assert "edgetpu_compiler 16.0.384591198: 37 operations on the Edge TPU" in result.output
    assert "on the CPU QUANTIZE: 3 × Operation is otherwise supported" in result.output
    assert f"int8 twin: {model}" in result.output
    notes = json.loads(read_bundle(tmp_path / "model_edgetpu.tflite").files["edgetpu.json"])
    assert (notes["twin"], notes["minimal_runtime"]) == ("model.tflite", 14)


def test_the_twin_is_put_beside_a_result_that_lies_elsewhere(compile_as, model, tmp_path) -> None:
    out = tmp_path / "coral" / "best.tflite"
    out.parent.mkdir()
    assert compile_as("works", "--out", out).exit_code == 0
    assert (out.parent / "model.tflite").read_bytes() == model.read_bytes()
    assert (out.parent / "best.log").is_file()


def test_the_compilers_words_are_kept_beside(compile_as, tmp_path) -> None:
    compile_as("works")
    log = (tmp_path / "model_edgetpu.log").read_text()
    assert "Model compiled successfully in 1354 ms." in log
    assert "model_edgetpu.log:\nEdge TPU Compiler version 16.0.384591198\nInput:" in log


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        ("not-quantized", "calls the model not quantized; convert it with edge-convert tflite"),
        ("internal-error", "stopped with an internal error, as it does for models that are too la"),
        ("dynamic", "found a tensor whose size is open; convert again"),
        ("too-new", "does not know version 3 of QUANTIZE; convert again with edge-convert tflite"),
        ("damaged", "cannot read the file; convert again"),
        ("silent", "gave no table of operations, so what it did is unknown; read "),
        ("maps-nothing", "put no operation on the Edge TPU"),
        ("writes-nothing", "reported success and wrote no file; read "),
        ("leaves-some", "the compiler leaves CONV_2D: 6 × More than one subgraph is not supported; "
         "TRANSPOSE: 1 × Operation not supported; build the model without it"),
    ],
)  # fmt: skip
def test_a_failure_is_told_with_its_way_out(behaviour, sentence, compile_as, tmp_path) -> None:
    result = compile_as(behaviour)
    assert result.exit_code == 1
    assert sentence in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "model_edgetpu.tflite").exists()
    assert "Edge TPU Compiler version 16" in (tmp_path / "model_edgetpu.log").read_text()


def test_a_second_try_makes_room_for_its_log(compile_as, tmp_path) -> None:
    assert compile_as("internal-error").exit_code == 1
    assert compile_as("works").exit_code == 0
    assert "Internal compiler error" not in (tmp_path / "model_edgetpu.log").read_text()


@pytest.mark.parametrize("name", ["model_edgetpu.tflite", "model_edgetpu.log"])
def test_what_exists_is_kept(name, compile_as, tmp_path) -> None:
    (tmp_path / name).write_text("mine")
    assert f"{name} exists and is not overwritten" in compile_as("works").output
    assert (tmp_path / name).read_text() == "mine"


def test_another_file_in_the_twins_place_is_kept(compile_as, tmp_path) -> None:
    out = tmp_path / "coral" / "best.tflite"
    out.parent.mkdir()
    (out.parent / "model.tflite").write_text("mine")
    assert "is another file than" in compile_as("works", "--out", out).output
    assert not out.exists()


def test_without_the_compiler_it_is_said_where_to_get_it(model, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(main, ["edgetpu", str(model)])
    assert result.exit_code == 1
    assert "edgetpu_compiler is not on the PATH; Coral's documentation, page" in result.output
    assert "on x86-64 Linux only" in result.output


def test_a_float_file_never_reaches_the_compiler(compile_as, kinds) -> None:
    result = compile_as("works", given=kinds["float16"])
    assert "cannot be compiled: " in result.output
    assert "so the compiler would call the model not quantized" in result.output


def test_a_compiled_file_is_not_compiled_again(compile_as, model, compiled, tmp_path) -> None:
    given = tmp_path / "twice.tflite"
    given.write_bytes(compiled(read_bundle(model).flatbuffer))
    assert "is compiled already; give the int8 file" in compile_as("works", given=given).output


def test_what_the_result_itself_leaves_on_the_cpu_is_refused(compile_as, model, compiled) -> None:
    result = compile_as("works", result=compiled(read_bundle(model).flatbuffer, left=5))
    assert "was left on the CPU by the compiler" in result.output


def test_a_result_for_a_newer_runtime_is_refused(compile_as, model, compiled) -> None:
    result = compile_as("works", result=compiled(read_bundle(model).flatbuffer, 15))
    assert "wants Edge TPU runtime 15 but libedgetpu is 14" in result.output


def test_a_result_that_is_no_model_is_refused(compile_as) -> None:
    result = compile_as("works", result=b"nothing of the kind")
    assert result.exit_code == 1
    assert "is not a TFLite model" in result.output


def test_a_signature_that_the_compiler_dropped_is_put_back(
    compile_as, model, compiled, edited, tmp_path
) -> None:
    def dropped(content) -> None:
        content.signatureDefs = []

    nameless = edited(compiled(read_bundle(model).flatbuffer), dropped)
    assert read_graph(nameless, "m").names == ()
    assert compile_as("works", result=nameless).exit_code == 0
    made = read_graph((tmp_path / "model_edgetpu.tflite").read_bytes(), "m")
    assert made.names == ("attention", "label", "offsets", "presence")


def test_a_signature_whose_tensors_are_gone_is_refused(tiny_flatbuffer, edited) -> None:
    def renamed(content) -> None:
        content.signatureDefs = []
        for tensor in content.subgraphs[0].tensors:
            tensor.name = b"?"

    with pytest.raises(LocalizerError, match="has lost the tensor .* cannot be told apart"):
        with_signature(edited(tiny_flatbuffer, renamed), tiny_flatbuffer)
