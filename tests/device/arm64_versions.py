"""Holds what two aarch64 runtimes loaded against the table: ``… LITERT.json TFLITE_RUNTIME.json``.

The files are what ``tests/convert/probe_versions.py load`` printed; exit code 1 where they differ.
"""

import json
import sys
from pathlib import Path

from convert.op_versions import LEAST, LITERT, MOST, TFLITE_RUNTIME

litert, old = (json.loads(Path(name).read_text().splitlines()[-1]) for name in sys.argv[1:])


def promised(column):
    return {
        name: list(range(LEAST.get(name, 1), most[column] + 1))
        for name, most in MOST.items()
        if most[column]
    }


lacking = [n for n, found in promised(LITERT).items() if not set(found) <= set(litert.get(n, []))]
differing = [n for n in MOST if promised(TFLITE_RUNTIME).get(n, []) != old.get(n, [])]
print(f"ai-edge-litert on aarch64 knows {len(litert)} operations; below the table: {lacking or 0}")
print(f"tflite-runtime on aarch64 knows {len(old)}; unlike the table: {differing or 0}")
sys.exit(bool(lacking or differing))
