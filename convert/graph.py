"""What a TFLite file says of its own graph, read from the file alone.

The reading is done by the schema classes that ai-edge-litert ships; nothing is loaded or run.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.errors import LocalizerError

_MOST = 1_000_000  # tables and numbers in one file; a localizer has some thousand


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor as the file declares it."""

    name: str
    type: str
    """As the schema spells it: ``UINT8``, ``INT8``, ``FLOAT32``, …"""
    shape: tuple[int, ...]
    """One length an axis; -1 where only the running interpreter would know it."""
    scales: int
    """How many quantization scales it has: 0, 1, or one a channel."""
    constant: bool
    """Whether its values are in the file."""

    @property
    def dynamic(self) -> bool:
        """Whether a length is open until the interpreter runs."""
        return any(length < 0 for length in self.shape)


@dataclass(frozen=True, slots=True)
class Operation:
    """One node of the graph."""

    name: str
    """As the schema spells it, ``CONV_2D``; for a custom operation the name it goes by."""
    version: int
    custom: bool
    inputs: tuple[int, ...]
    """Indices of tensors."""
    outputs: tuple[int, ...]
    options: bytes
    """What a custom operation carries."""


@dataclass(frozen=True, slots=True)
class Graph:
    """The main graph of a file."""

    operations: tuple[Operation, ...]
    """In the order in which they run."""
    tensors: tuple[Tensor, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    codes: tuple[tuple[str, int, bool], ...]
    """Name, version and whether it is custom, of all that an interpreter must know to load it."""
    names: tuple[str, ...]
    """What the outputs are called in the file's only signature; empty without or with several."""

    @property
    def input_tensors(self) -> tuple[Tensor, ...]:
        return tuple(self.tensors[index] for index in self.inputs)

    def touched(self, operation: Operation) -> list[Tensor]:
        """The tensors that ``operation`` reads and writes."""
        # -1 stands for an optional input that is left out
        return [self.tensors[i] for i in (*operation.inputs, *operation.outputs) if i >= 0]


def read_graph(content: bytes, where: str) -> Graph:
    """The graph in ``content``, a flatbuffer with or without a zip behind it.

    where: names the file in a LocalizerError, which is raised for whatever is no whole model.
    """
    if content[4:8] != b"TFL3":
        raise LocalizerError(
            f"{where} is not a TFLite model (its bytes 4 to 7 are not TFL3); "
            "give a file that edge-convert tflite wrote"
        )
    try:
        return _Reader(content).graph()
    # What the schema classes and numpy raise for offsets that lead out of the file.
    except (struct.error, IndexError, ValueError, TypeError, OverflowError, MemoryError) as error:
        raise LocalizerError(
            f"{where} is damaged or cut short ({type(error).__name__}: {error}); "
            "copy it again or convert again"
        ) from error


class _Reader:
    def __init__(self, content: bytes) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self._model = schema.Model.GetRootAs(content, 0)
        self._ops = _names(schema.BuiltinOperator)
        self._types = _names(schema.TensorType)
        self._left = _MOST

    def graph(self) -> Graph:
        model = self._model
        if model.Version() != 3:
            raise ValueError(f"its schema is version {model.Version()}, not 3")
        for index in range(self._counted(model.BuffersLength())):
            model.Buffers(index).DataAsNumpy()  # raises where the data leave the file
        if self._counted(model.SubgraphsLength()) < 1:
            raise ValueError("it has no graph")
        codes = [self._code(model.OperatorCodes(i)) for i in self._range(model.OperatorCodesLength)]
        main = model.Subgraphs(0)
        tensors = tuple(self._tensor(main.Tensors(i)) for i in self._range(main.TensorsLength))
        operations = tuple(
            self._operation(main.Operators(i), codes) for i in self._range(main.OperatorsLength)
        )
        graph = Graph(
            operations,
            tensors,
            self._ints(main.InputsAsNumpy()),
            self._ints(main.OutputsAsNumpy()),
            tuple(codes),
            self._output_names(),
        )
        used = [*graph.inputs, *graph.outputs]
        for operation in operations:
            used += [i for i in (*operation.inputs, *operation.outputs) if i != -1]
        if any(not 0 <= index < len(tensors) for index in used):
            raise ValueError("it names a tensor that it does not have")
        return graph

    def _code(self, code: Any) -> tuple[str, int, bool]:
        # Files older than 127 operations have their number in the deprecated field alone.
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        name = self._ops.get(number, f"operation {number}")
        custom = name == "CUSTOM"
        return (_text(code.CustomCode()) if custom else name), code.Version(), custom

    def _tensor(self, tensor: Any) -> Tensor:
        shape = self._ints(tensor.ShapeAsNumpy())
        signature = self._ints(tensor.ShapeSignatureAsNumpy())
        quantization = tensor.Quantization()
        if tensor.Buffer() >= self._model.BuffersLength():
            raise ValueError("it names a buffer that it does not have")
        return Tensor(
            name=_text(tensor.Name()),
            type=self._types.get(tensor.Type(), f"type {tensor.Type()}"),
            shape=signature or shape,
            scales=self._counted(quantization.ScaleLength()) if quantization else 0,
            constant=self._model.Buffers(tensor.Buffer()).DataLength() > 0,
        )

    def _operation(self, operation: Any, codes: list[tuple[str, int, bool]]) -> Operation:
        name, version, custom = codes[operation.OpcodeIndex()]
        options = operation.CustomOptionsAsNumpy()
        return Operation(
            name=name,
            version=version,
            custom=custom,
            inputs=self._ints(operation.InputsAsNumpy()),
            outputs=self._ints(operation.OutputsAsNumpy()),
            options=b"" if isinstance(options, int) else options.tobytes(),
        )

    def _output_names(self) -> tuple[str, ...]:
        if self._counted(self._model.SignatureDefsLength()) != 1:
            return ()
        signature = self._model.SignatureDefs(0)
        outputs = [signature.Outputs(i) for i in self._range(signature.OutputsLength)]
        return tuple(_text(output.Name()) for output in outputs)

    def _ints(self, values: Any) -> tuple[int, ...]:
        if isinstance(values, int):  # what the schema classes give for an absent vector
            return ()
        self._counted(len(values))
        return tuple(np.asarray(values).tolist())

    def _range(self, length: Any) -> range:
        return range(self._counted(length()))

    def _counted(self, count: int) -> int:
        """``count``, against a budget: offsets that point in circles could keep us for years."""
        self._left -= count
        if self._left < 0:
            raise ValueError(f"it has more than {_MOST} parts")
        return count


def _names(enumeration: Any) -> dict[int, str]:
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")
