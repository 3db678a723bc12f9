"""What the Edge TPU's compiler left in a file: a custom operation that holds a package.

The custom operation's options are a flexbuffer map, whose key ``4`` is the package for the chip,
itself a flatbuffer with the identifier ``DWN1``; the minimal runtime version is its first field and
the compiler's version its fifth. So say ``tflite/custom_op_data.cc``, ``executable/executable.fbs``
and ``driver/package_registry.cc`` of google-coral/libedgetpu; no compiled file was at hand to try.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from edge.errors import LocalizerError

CUSTOM_OP = "edgetpu-custom-op"
"""The name of the one operation that runs on the Edge TPU."""

LIBEDGETPU_RUNTIME = 14
"""The runtime version of libedgetpu since July 2021: ``kCurrent`` in its api/runtime_version.h."""

_IDENTIFIER = b"DWN1"
_MINIMAL_RUNTIME, _COMPILER = 4, 12  # offsets in the table of fields: the first and the fifth


@dataclass(frozen=True, slots=True)
class Package:
    """What a compiled operation wants."""

    minimal_runtime: int
    """The runtime version under which libedgetpu refuses it."""
    compiler: str
    """The version of the compiler that made it; empty where it does not say."""


def read_package(options: bytes) -> Package:
    """The package in the options of an ``edgetpu-custom-op``.

    Raises LocalizerError where there is none that can be read.
    """
    from flatbuffers import flexbuffers, table

    try:
        content = bytearray(flexbuffers.GetRoot(bytearray(options)).AsMap["4"].AsStringBytes)
        if content[4:8] != _IDENTIFIER:
            raise ValueError(
                f"its package starts with {bytes(content[4:8])!r}, not {_IDENTIFIER!r}"
            )
        package = table.Table(content, struct.unpack_from("<I", content)[0])
        place = package.Offset(_MINIMAL_RUNTIME)
        runtime = struct.unpack_from("<i", content, package.Pos + place)[0] if place else 0
        place = package.Offset(_COMPILER)
        compiler = package.String(package.Pos + place).decode("utf-8", "replace") if place else ""
    # Whatever the two readers make of bytes that lead nowhere.
    except Exception as error:
        raise LocalizerError(
            f"the Edge TPU package in its {CUSTOM_OP} cannot be read, so its minimal runtime "
            f"version is unknown ({type(error).__name__}: {error}); compile the int8 file again"
        ) from error
    return Package(runtime, compiler)
