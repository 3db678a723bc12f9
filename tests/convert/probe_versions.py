"""Asks a LiteRT runtime which version of each operation it knows.

``python probe_versions.py craft FILE`` writes one tiny model for each operation and version;
``python probe_versions.py load FILE``, under any Python that has a runtime, prints what was loaded.
"""

import base64
import json
import sys
from pathlib import Path

HIGHEST = 15
"""One more than any runtime's."""


def crafted():
    """Triples of operation, version, and a model that names it and does nothing."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    for name, number in vars(schema.BuiltinOperator).items():
        if not isinstance(number, int) or name in ("CUSTOM", "DELEGATE"):
            continue
        for version in range(1, HIGHEST + 1):
            code = schema.OperatorCodeT()
            code.builtinCode, code.deprecatedBuiltinCode = number, min(number, 127)
            code.version = version
            graph, model = schema.SubGraphT(), schema.ModelT()
            graph.tensors, graph.inputs, graph.outputs, graph.operators = [], [], [], []
            model.version, model.description = 3, b""
            model.operatorCodes, model.subgraphs, model.buffers = (
                [code],
                [graph],
                [schema.BufferT()],
            )
            builder = flatbuffers.Builder(256)
            builder.Finish(model.Pack(builder), b"TFL3")
            yield name, version, base64.b64encode(bytes(builder.Output())).decode()


def loaded(probes):
    """The versions of each operation that an interpreter was made of."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        from tflite_runtime.interpreter import Interpreter

    known = {}
    for name, version, content in probes:
        try:
            Interpreter(model_content=base64.b64decode(content))
        except (ValueError, RuntimeError):
            continue
        known.setdefault(name, []).append(version)
    return known


if __name__ == "__main__":
    task, file = sys.argv[1], Path(sys.argv[2])
    if task == "craft":
        file.write_text(json.dumps(list(crafted())))
    else:
        print(json.dumps(loaded(json.loads(file.read_text()))))
