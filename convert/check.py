"""The check of one model file against targets, and what it prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from convert.compiled import CUSTOM_OP, read_package
from convert.graph import Graph, read_graph
from convert.targets import TARGETS
from edge.bundle import read_bundle
from edge.card import NAME, card_of
from edge.errors import LocalizerError
from edge.golden.examples import read_golden


def check(path: Path, targets: Sequence[str]) -> tuple[list[str], bool]:
    """Lines about ``path`` and each of ``targets`` (names in TARGETS), and whether all will do.

    Raises LocalizerError where ``path`` is no whole TFLite model.
    """
    bundle = read_bundle(path)
    graph = read_graph(bundle.flatbuffer, str(path))
    lines = [f"{path}: {_summary(graph)}"]
    if NAME not in bundle.files:
        lines.append(f"{path} carries no {NAME}: edge-run refuses it, other programs do not")
    else:
        try:
            card_of(bundle)
            read_golden(bundle)
        except LocalizerError as error:
            lines.append(f"edge-run refuses it, other programs do not: {error}")
    good = True
    for target in targets:
        violations = TARGETS[target].violations(graph)
        good = good and not violations
        if not violations:
            lines.append(f"{target}: will load in {TARGETS[target].what}")
        lines += [f"{target}: {sentence}" for sentence in violations]
    return lines, good


def _summary(graph: Graph) -> str:
    """Input, operations with their versions, and for a compiled file what its package wants."""
    seen = ", ".join(f"{tensor.type} {tensor.shape}" for tensor in graph.input_tensors)
    kinds = sorted(f"{name} {version}" for name, version, _ in set(graph.codes))
    text = f"input {seen or 'none'}, {len(graph.operations)} operations: {', '.join(kinds)}"
    for operation in graph.operations:
        if operation.name == CUSTOM_OP:
            try:
                package = read_package(operation.options)
            except LocalizerError:
                continue  # the edgetpu target says why
            text += f"; wants Edge TPU runtime {package.minimal_runtime} or newer"
            text += f" (compiler {package.compiler})" if package.compiler else ""
    return text
