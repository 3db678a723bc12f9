"""What Coral's edgetpu_compiler says: its failures, and where each operation will run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from edge.errors import LocalizerError

_MAPPED = "Mapped to Edge TPU"
_VERSION = re.compile(r"Edge TPU Compiler version (\S+)")
_HEAD = re.compile(r"^Operator\s+Count\s+Status\s*$", re.MULTILINE)
_ROW = re.compile(r"^([A-Z][A-Z0-9_]*)\s+(\d+)\s+(\S.*?)\s*$", re.MULTILINE)
_STREAMED = re.compile(r"Off-chip memory used for streaming uncached model parameters: (\S+)")

# As users of the compiler's versions 2 to 16 quote them on google-coral/edgetpu's issues.
_FAILURES = (
    (
        re.compile(r"Model not quantized", re.IGNORECASE),
        "calls the model not quantized; convert it with edge-convert tflite --precision int8",
    ),
    (
        re.compile(r"dynamic-sized tensors"),
        "found a tensor whose size is open; convert again with edge-convert tflite, which fixes "
        "the batch",
    ),
    (
        re.compile(r"Didn't find op for builtin opcode '(\w+)' version '(\d+)'"),
        "does not know version {1} of {0}; convert again with edge-convert tflite --precision int8",
    ),
    (
        re.compile(r"Internal compiler error"),
        "stopped with an internal error, as it does for models that are too large and now and then "
        "without a reason; try once more, then a smaller --size or --alpha",
    ),
    (
        re.compile(r"could not be parsed"),
        "cannot read the file; convert again with edge-convert tflite",
    ),
)


@dataclass(frozen=True, slots=True)
class CompilerReport:
    """A successful compilation, by its own report."""

    version: str
    mapped: int
    """How many operations run on the Edge TPU."""
    on_the_cpu: Mapping[str, str]
    """The names of the others, each with how many there are and the compiler's reason."""
    streamed: str
    """Parameters that do not fit on the chip and are sent at each inference, like ``41.75KiB``."""


def read_report(said: str, log: str) -> CompilerReport:
    """The report in ``said``, all that the compiler printed; ``log`` says where that was kept.

    Raises LocalizerError where the compilation failed, or the report cannot be understood.
    """
    for pattern, why in _FAILURES:
        found = pattern.search(said)
        if found:
            raise LocalizerError(f"edgetpu_compiler {why.format(*found.groups())} ({log})")
    heads = list(_HEAD.finditer(said))
    if not heads:
        raise LocalizerError(
            f"edgetpu_compiler gave no table of operations, so what it did is unknown; read {log}"
        )
    # The same table is printed and logged: the last one is enough.
    rows = [row.groups() for row in _ROW.finditer(said, heads[-1].end())]
    left: dict[str, list[str]] = {}
    for name, count, status in rows:
        if status != _MAPPED:
            left.setdefault(name, []).append(f"{count} × {status}")
    mapped = sum(int(count) for _, count, status in rows if status == _MAPPED)
    if not mapped:
        raise LocalizerError(
            f"edgetpu_compiler put no operation on the Edge TPU; convert again with edge-convert "
            f"tflite --precision int8 ({log})"
        )
    version, streamed = _VERSION.search(said), _STREAMED.search(said)
    return CompilerReport(
        version=version[1] if version else "unknown",
        mapped=mapped,
        on_the_cpu={name: ", ".join(reasons) for name, reasons in left.items()},
        streamed=streamed[1] if streamed else "unknown",
    )
