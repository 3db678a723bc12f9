"""Will a model file load there? Answered from the file alone, for each target by its rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from convert.compiled import CUSTOM_OP, LIBEDGETPU_RUNTIME, read_package
from convert.graph import Graph, Operation, Tensor
from convert.op_versions import LEAST, LITERT, MOST, TENSORFLOW_2_5, TFLITE_RUNTIME
from edge.errors import LocalizerError
from edge.tensors import BOX_OUTPUTS, OUTPUTS, decoded_names

Rule = Callable[[Graph], Iterator[str]]
"""The violations of one rule, each a sentence with its cause and the way out."""


@dataclass(frozen=True, slots=True)
class Target:
    """Somewhere that a model file may be taken to."""

    what: str
    """What will load the file there."""
    versions: int
    """A column of convert.op_versions.MOST."""
    rules: tuple[Rule, ...]
    """Beside the operations' versions."""

    def violations(self, graph: Graph) -> list[str]:
        """Why ``graph`` will not do there, a sentence each; empty where it will."""
        return [
            sentence for rule in (self._known_operations, *self.rules) for sentence in rule(graph)
        ]

    def _known_operations(self, graph: Graph) -> Iterator[str]:
        for name, version, custom in dict.fromkeys(graph.codes):
            most = MOST.get(name, (0, 0, 0))[self.versions]
            if custom:
                continue  # the other rules' matter
            if not most:
                yield f"{name} is no operation that {self.what} knows; build the model without it"
            elif not LEAST.get(name, 1) <= version <= most:
                yield (
                    f"{name} is of version {version} but {self.what} knows it up to {most}; "
                    f"{_AGAIN} --precision int8"
                )


def _one_picture(*types: str) -> Rule:
    def rule(graph: Graph) -> Iterator[str]:
        if len(graph.inputs) != 1:
            yield f"it has {len(graph.inputs)} inputs, but a localizer has one; {_AGAIN}"
        for seen in graph.input_tensors:
            if seen.type not in types:
                yield (
                    f"its input is {seen.type} but {' or '.join(types)} is wanted, because the "
                    f"pixels come as they are; {_AGAIN}"
                )
            if not seen.dynamic and (len(seen.shape), seen.shape[:1], seen.shape[3:]) != (
                4, (1,), (3,),
            ):  # fmt: skip
                yield f"its input has the shape {seen.shape}, not (1, height, width, 3); {_AGAIN}"

    return rule


def _fixed_shapes(graph: Graph) -> Iterator[str]:
    for tensor in graph.tensors:
        if tensor.dynamic:
            yield f"{tensor.name} has the open shape {tensor.shape} (-1 is unknown); {_AGAIN}"


def _no_custom_operations(graph: Graph) -> Iterator[str]:
    for operation in _by_name(graph):
        if operation.name == CUSTOM_OP:
            yield (
                f"{CUSTOM_OP} runs on an Edge TPU only; take the int8 file that it was compiled "
                "from, or give --target edgetpu"
            )
        elif operation.custom:
            yield _foreign(operation)


def _our_outputs(graph: Graph) -> Iterator[str]:
    if not decoded_names(graph.names):
        missing = [name for name in OUTPUTS if name not in graph.names]
        yield (
            f"its only signature names the outputs {', '.join(graph.names) or 'nothing'}, but "
            f"edge-run looks for {', '.join(missing)}, or for {BOX_OUTPUTS[0]} alone; "
            "give a file that edge-convert wrote"
        )


# From the table "supported operations" of Coral's page "TensorFlow models on the Edge TPU", as
# Axis repeats it for ARTPEC-7, which has the same chip. Its limits on an operation's parameters are
# left to the compiler, whose report edge-convert edgetpu reads.
EDGE_TPU = frozenset(
    "ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D EXPAND_DIMS FULLY_CONNECTED "
    "L2_NORMALIZATION LOGISTIC LSTM MAXIMUM MAX_POOL_2D MEAN MINIMUM MUL PACK PAD PRELU QUANTIZE "
    "REDUCE_MAX REDUCE_MIN RELU RELU6 RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR "
    "RESIZE_NEAREST_NEIGHBOR RSQRT SLICE SOFTMAX SPACE_TO_DEPTH SPLIT SQUARED_DIFFERENCE SQUEEZE "
    "STRIDED_SLICE SUB SUM TANH TRANSPOSE TRANSPOSE_CONV UNIDIRECTIONAL_SEQUENCE_LSTM".split()
)
"""The operations that the Edge TPU's compiler maps."""

ON_THE_CPU = frozenset(("QUANTIZE", "DEQUANTIZE"))
"""What may stay on the CPU beside the compiled part: entry and exit."""

_EIGHT_BIT = ("UINT8", "INT8")


def _for_the_edge_tpu(graph: Graph) -> Iterator[str]:
    rule = _compiled if any(o.name == CUSTOM_OP for o in graph.operations) else _compilable
    return rule(graph)


def _compilable(graph: Graph) -> Iterator[str]:
    for operation in _by_name(graph):
        if operation.custom:
            yield _foreign(operation)
        elif operation.name not in EDGE_TPU:
            yield (
                f"the Edge TPU has no {operation.name}, so it and all behind it would stay on the "
                "CPU; build the model without it"
            )
    for tensor in _moving(graph):
        if tensor.type not in _EIGHT_BIT:
            yield (
                f"{tensor.name} is {tensor.type}, so the compiler would call the model not "
                f"quantized; {_AGAIN} --precision int8"
            )
            break  # in a float file all are
    for tensor in _moving(graph):
        if any(length > 1 for length in tensor.shape[:-3]):
            yield (
                f"{tensor.name} has the shape {tensor.shape}, but only the three innermost axes "
                f"may be longer than 1 on the Edge TPU; {_AGAIN} --precision int8"
            )
            break


def _compiled(graph: Graph) -> Iterator[str]:
    for operation in graph.operations:
        if operation.name == CUSTOM_OP:
            try:
                wanted = read_package(operation.options).minimal_runtime
            except LocalizerError as error:
                yield str(error)
                continue
            if wanted > LIBEDGETPU_RUNTIME:
                yield (
                    f"it wants Edge TPU runtime {wanted} but libedgetpu is {LIBEDGETPU_RUNTIME}; "
                    "compile it with edgetpu_compiler 16 or older"
                )
        elif operation.custom:
            yield _foreign(operation)
    for operation in _by_name(graph):
        if not operation.custom and operation.name not in ON_THE_CPU:
            yield (
                f"{operation.name} was left on the CPU by the compiler; compile a file that "
                "edge-convert tflite wrote, and read the compiler's log"
            )


def _by_name(graph: Graph) -> list[Operation]:
    """The first operation of each name."""
    first: dict[str, Operation] = {}
    for operation in graph.operations:
        first.setdefault(operation.name, operation)
    return list(first.values())


def _moving(graph: Graph) -> list[Tensor]:
    """The tensors that are computed or handed in, each once."""
    used = [*graph.inputs, *(i for operation in graph.operations for i in operation.outputs)]
    return [graph.tensors[i] for i in dict.fromkeys(used) if i >= 0]


def _foreign(operation: Operation) -> str:
    return (
        f"the custom operation {operation.name!r} needs code that no runtime here has; "
        "build the model without it"
    )


_AGAIN = "convert again with edge-convert tflite"
_EDGE_RUN = (_fixed_shapes, _no_custom_operations, _our_outputs)

TARGETS = {
    # edge-run also feeds float32, whose scaling then has to be inside the model.
    "bookworm": Target("ai-edge-litert", LITERT, (_one_picture("UINT8", "FLOAT32"), *_EDGE_RUN)),
    "trixie": Target("ai-edge-litert", LITERT, (_one_picture("UINT8", "FLOAT32"), *_EDGE_RUN)),
    "tflite-runtime-2.14": Target(
        "tflite-runtime 2.14", TFLITE_RUNTIME, (_one_picture("UINT8", "FLOAT32"), *_EDGE_RUN)
    ),
    # Compiler 16 refuses CONV_2D 6, EXP 2, QUANTIZE 3 and TRANSPOSE_CONV 4 (google-coral/edgetpu
    # issues 631, 845, 879 and libedgetpu 71), as the interpreter of TensorFlow 2.5 does, with which
    # libedgetpu of the same month was built (its workspace.bzl).
    "edgetpu": Target(
        "the Edge TPU's compiler 16",
        TENSORFLOW_2_5,
        (_one_picture("UINT8"), _fixed_shapes, _for_the_edge_tpu, _our_outputs),
    ),
    # post_processing_stages/tf_stage.cpp of rpicam-apps: a BuiltinOpResolver, one RGB picture, and
    # float inputs fed from -1 to 1, which would scale twice. Which TFLite it was built with is the
    # builder's choice: 2.14 is the careful guess.
    "rpicam-apps": Target(
        "rpicam-apps with TFLite 2.14",
        TFLITE_RUNTIME,
        (_one_picture("UINT8"), _fixed_shapes, _no_custom_operations),
    ),
}
"""Every target by the name that ``edge-convert check --target`` takes."""
