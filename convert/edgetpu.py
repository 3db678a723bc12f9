"""A released int8 file, compiled for the Edge TPU by Coral's own compiler."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from convert.compiled import CUSTOM_OP, read_package
from convert.compiler_report import CompilerReport, read_report
from convert.graph import read_graph
from convert.signature import with_signature
from convert.targets import ON_THE_CPU, TARGETS
from edge.beside import beside
from edge.bundle import read_bundle, with_bundle, write_model
from edge.errors import LocalizerError
from train.run_folder import refuse_existing

COMPILER = "edgetpu_compiler"
NOTES = "edgetpu.json"
"""The file in the bundle that names the int8 twin, its hash, and who compiled it."""

_PATIENCE = 900  # seconds; the compiler itself gives up after 180
_LOG_HEAD = "edge-convert edgetpu"


@dataclass(frozen=True, slots=True)
class Compiled:
    """What was made."""

    out: Path
    twin: Path
    """The int8 file beside ``out``, for a device whose Edge TPU does not answer."""
    log: Path
    report: CompilerReport
    minimal_runtime: int


def compile_for_edge_tpu(model: Path, out: Path) -> Compiled:
    """Compile ``model`` into ``out``, with all that travelled behind it; its log lies beside.

    A copy of ``model`` is put beside ``out`` where it does not lie there. Raises LocalizerError for
    what the user can mend; then ``out`` does not exist, and the log does if the compiler ran.
    """
    twin, log = out.with_name(model.name), out.with_suffix(".log")
    _refuse(model, out, twin, log)
    bundle = read_bundle(model)
    graph = read_graph(bundle.flatbuffer, str(model))
    if any(operation.name == CUSTOM_OP for operation in graph.operations):
        raise LocalizerError(f"{model} is compiled already; give the int8 file that it came from")
    _refuse_violations(model, TARGETS["edgetpu"].violations(graph), "compiled")
    compiler = _compiler()
    with tempfile.TemporaryDirectory() as folder:
        said, content = _run(compiler, bundle.flatbuffer, Path(folder))
    _keep(log, model, said)
    report = read_report(said, str(log))
    left = {name: why for name, why in report.on_the_cpu.items() if name not in ON_THE_CPU}
    if left:
        told = "; ".join(f"{name}: {why}" for name, why in sorted(left.items()))
        raise LocalizerError(
            f"{model} would not run on the Edge TPU alone: the compiler leaves {told}; "
            f"build the model without it ({log})"
        )
    if not content:
        raise LocalizerError(f"{COMPILER} reported success and wrote no file; read {log}")
    content = with_signature(content, bundle.flatbuffer)
    made = read_graph(content, f"{COMPILER}'s result")
    packages = [operation for operation in made.operations if operation.name == CUSTOM_OP]
    if len(packages) != 1:
        raise LocalizerError(
            f"{COMPILER} made {len(packages)} parts for the Edge TPU of {model}, but only one "
            f"serves without the CPU in between; read {log}"
        )
    _refuse_violations(model, TARGETS["edgetpu"].violations(made), "used once compiled")
    runtime = read_package(packages[0].options).minimal_runtime
    notes = {
        "twin": twin.name,
        "twin_sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "compiler": report.version,
        "minimal_runtime": runtime,
    }
    files = {**bundle.files, NOTES: (json.dumps(notes, indent=2) + "\n").encode()}
    refuse_existing(out)
    if not twin.exists():
        write_model(twin, model.read_bytes())
    write_model(out, with_bundle(content, files))
    return Compiled(out, twin, log, report, runtime)


def _refuse(model: Path, out: Path, twin: Path, log: Path) -> None:
    refuse_existing(out)
    if not out.parent.is_dir():
        raise LocalizerError(f"{out.parent} is no folder; make it, or name another")
    if twin == out:
        raise LocalizerError(
            f"{out} would have the name of its int8 twin; name it {model.stem}_edgetpu.tflite"
        )
    if twin.exists() and model.exists() and twin.read_bytes() != model.read_bytes():
        raise LocalizerError(
            f"{twin} is another file than {model}, but the int8 twin has to lie beside the result "
            "under its name; move it away or give another --out"
        )
    # A log of an earlier, failed try makes room; anybody else's file does not.
    if log.exists() and not log.read_text(errors="replace").startswith(_LOG_HEAD):
        refuse_existing(log)


def _refuse_violations(model: Path, violations: list[str], what: str) -> None:
    if violations:
        raise LocalizerError(f"{model} cannot be {what}: {'. '.join(violations)}")


def _compiler() -> str:
    found = shutil.which(COMPILER)
    if found is None:
        raise LocalizerError(
            f"{COMPILER} is not on the PATH; Coral's documentation, page «Edge TPU Compiler», says "
            "how to install it, on x86-64 Linux only"
        )
    return found


def _run(compiler: str, flatbuffer: bytes, folder: Path) -> tuple[str, bytes]:
    """All that the compiler said, its own log included, and the file it made (empty if none)."""
    source = folder / "model.tflite"
    source.write_bytes(flatbuffer)
    try:
        done = subprocess.run(
            [compiler, "--show_operations", "--out_dir", folder, source],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_PATIENCE,
            check=False,
            cwd=folder,
        )
    except subprocess.TimeoutExpired as error:
        raise LocalizerError(
            f"{compiler} gave no answer in {_PATIENCE} s; try a smaller --size or --alpha"
        ) from error
    except OSError as error:
        raise LocalizerError(f"{compiler} cannot be run: {error.strerror}") from error
    said = done.stdout.decode(errors="replace") + f"\nexit code {done.returncode}\n"
    own_log, result = folder / "model_edgetpu.log", folder / "model_edgetpu.tflite"
    if own_log.is_file():
        said += f"\n{own_log.name}:\n{own_log.read_text(errors='replace')}"
    return said, result.read_bytes() if result.is_file() else b""


def _keep(log: Path, model: Path, said: str) -> None:
    try:
        with beside(log) as part:
            part.write_text(f"{_LOG_HEAD} {model}\n\n{said}")
    except OSError as error:
        raise LocalizerError(f"{log} cannot be written: {error.strerror}") from error
