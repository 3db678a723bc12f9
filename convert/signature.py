"""The names of a file's outputs, put back where a tool dropped them."""

from __future__ import annotations

from typing import Any

import numpy as np

from convert.graph import read_graph
from edge.errors import LocalizerError


def with_signature(content: bytes, source: bytes) -> bytes:
    """``content`` with the signature of ``source``, the flatbuffer that it was made from.

    Unchanged where it has one; else the tensors are found by their names.
    Raises LocalizerError where one of them is gone.
    """
    if read_graph(content, "the result").names:
        return content
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    made, known = schema.ModelT.InitFromPackedBuf(content), schema.ModelT.InitFromPackedBuf(source)
    places = {tensor.name: place for place, tensor in enumerate(made.subgraphs[0].tensors)}
    for signature in known.signatureDefs:
        for entry in [*signature.inputs, *signature.outputs]:
            entry.tensorIndex = _place(places, known.subgraphs[0].tensors[entry.tensorIndex].name)
    made.signatureDefs = known.signatureDefs
    builder = flatbuffers.Builder(len(content) + 1024)
    builder.Finish(made.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _place(places: dict[Any, int], name: Any) -> int:
    if name not in places:
        raise LocalizerError(
            f"the result has lost the tensor {np.asarray(name)!s}, so its outputs cannot be told "
            "apart; compile it with edgetpu_compiler 16"
        )
    return places[name]
