"""Stands for edgetpu_compiler: its options, its reports, its files, without its compiling.

The test says by the variable STAND_IN what is to happen, and by STAND_IN_RESULT which file is to
come out. The wording is the real one's, as users quote it on google-coral/edgetpu's issues.
"""

import argparse
import os
import sys
from pathlib import Path

VERSION = "Edge TPU Compiler version 16.0.384591198"
START = "Started a compilation timeout timer of 180 seconds."
DONE = "Compilation child process completed within timeout period."
OLDER = "An older version of this builtin might be supported. Are you using an old TFLite binary"
FAILURES = {
    "not-quantized": "Invalid model: {model}\nModel not quantized",
    "internal-error": "\nInternal compiler error. Aborting! ",
    "dynamic": "ERROR: Attempting to use a delegate that only supports static-sized tensors with a "
    "graph that has dynamic-sized tensors.\nCompilation failed: Model failed in Tflite interpreter."
    f" Please ensure model can be loaded/run in Tflite interpreter.\n{DONE}\nCompilation failed! ",
    "too-new": "ERROR: Didn't find op for builtin opcode 'QUANTIZE' version '3'. "
    f"{OLDER} with a newer model?\n\nERROR: Registration failed.\n\nInvalid model: {{model}}\n"
    "Model could not be parsed",
    "damaged": "Invalid model: {model}\nModel could not be parsed",
    "silent": "",
}
MAPPED = "Mapped to Edge TPU"
UNSPECIFIED = "Operation is otherwise supported, but not mapped due to some unspecified limitation"
TABLES = {
    "works": [("CONV_2D", 36, MAPPED), ("ADD", 10, MAPPED), ("QUANTIZE", 4, MAPPED)],
    "entry-and-exit": [("CONV_2D", 37, MAPPED), ("QUANTIZE", 3, UNSPECIFIED)],
    "leaves-some": [
        ("CONV_2D", 30, MAPPED),
        ("CONV_2D", 6, "More than one subgraph is not supported"),
        ("TRANSPOSE", 1, "Operation not supported"),
        ("QUANTIZE", 1, "Operation is working on an unsupported data type"),
    ],
    "maps-nothing": [("CONV_2D", 36, UNSPECIFIED)],
    "writes-nothing": [("CONV_2D", 36, MAPPED)],
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("-s", "--show_operations", action="store_true")
    parser.add_argument("-o", "--out_dir", type=Path, default=Path())
    parser.add_argument("model", type=Path)
    options = parser.parse_args()
    print(VERSION)
    print(START)
    behaviour = os.environ["STAND_IN"]
    if behaviour in FAILURES:
        print(FAILURES[behaviour].format(model=options.model), file=sys.stderr)
        return 1
    rows = TABLES[behaviour]
    table = "\n".join(
        ["", f"{'Operator':<30} {'Count':<10} Status", "",
         *(f"{name:<30} {count:<10} {status}" for name, count, status in rows)]
    )  # fmt: skip
    made = options.out_dir / f"{options.model.stem}_edgetpu.tflite"
    log = made.with_suffix(".log")
    if behaviour != "writes-nothing":
        made.write_bytes(Path(os.environ["STAND_IN_RESULT"]).read_bytes())
    log.write_text(f"{VERSION}\nInput: {options.model}\nOutput: {made}\n{table}\n")
    print("\nModel compiled successfully in 1354 ms.\n")
    print(f"Input model: {options.model}\nInput size: 5.10MiB")
    print(f"Output model: {made}\nOutput size: 6.28MiB")
    print("On-chip memory used for caching model parameters: 6.03MiB")
    print("Off-chip memory used for streaming uncached model parameters: 0.00B")
    print(f"Number of Edge TPU subgraphs: 1\nOperation log: {log}")
    if options.show_operations:
        print(table)
    print(f"{DONE}\nCompilation succeeded! ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
