"""The LiteRT interpreter: whichever package this device has, behind one small class."""

from __future__ import annotations

import importlib
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from edge.decode import OUTPUTS, Floats
from edge.errors import LocalizerError
from edge.image import Image

_RUNTIMES = (
    ("ai_edge_litert.interpreter", "ai-edge-litert"),
    ("tflite_runtime.interpreter", "tflite-runtime"),
)


def load_runtime() -> tuple[Any, str]:
    """The module that has ``Interpreter``, and its package's name and version.

    Raises LocalizerError where neither ai-edge-litert nor tflite-runtime can be imported.
    """
    causes = []
    for module, package in _RUNTIMES:
        try:
            return importlib.import_module(module), f"{package} {metadata.version(package)}"
        except ImportError as error:
            causes.append(f"{package}: {error}")
    raise LocalizerError(
        f"no LiteRT runtime can be imported ({'; '.join(causes)}); pip install ai-edge-litert"
    )


class Network:
    """A model file, loaded: prepared pixels in, named float outputs out."""

    def __init__(
        self, path: Path, threads: int = 1, runtime: tuple[Any, str] | None = None
    ) -> None:
        """Load ``path`` for ``threads`` CPU threads; raises LocalizerError where that fails.

        runtime: what ``load_runtime`` gives; None calls it.
        """
        module, self.runtime = runtime or load_runtime()
        try:
            self._interpreter = module.Interpreter(model_path=str(path), num_threads=threads)
            self._interpreter.allocate_tensors()
            signature = self._interpreter.get_signature_runner()
            inputs = list(signature.get_input_details().values())
            outputs = signature.get_output_details()
        except (ValueError, RuntimeError) as error:
            raise LocalizerError(
                f"{path} cannot be loaded by {self.runtime}: {error}; convert it again"
            ) from error
        missing = [name for name in OUTPUTS if name not in outputs]
        if len(inputs) != 1 or missing:
            raise LocalizerError(
                f"{path} has {len(inputs)} inputs and the outputs {', '.join(sorted(outputs))}, "
                f"but a localizer has one input and {', '.join(OUTPUTS)}; convert it again"
            )
        seen = _shape(inputs[0])
        shapes = {name: _shape(outputs[name]) for name in OUTPUTS}
        if not _fit(seen, **shapes):
            raise LocalizerError(
                f"{path} has an input of shape {seen} and outputs of shapes {shapes}, but a "
                "localizer sees (1, height, width, 3) and gives maps (1, rows, columns, 4), "
                "label (1, classes) and presence (1, 1); convert it again"
            )
        self._input = inputs[0]
        self._outputs = {name: outputs[name] for name in OUTPUTS}
        self.size = (int(self._input["shape"][2]), int(self._input["shape"][1]))
        """Width and height of the pixels it wants."""
        self.labels = int(self._outputs["label"]["shape"][-1])
        """How many classes it tells apart."""

    def __call__(self, pixels: Image) -> dict[str, Floats]:
        """The outputs, without batch axis and as float32, for pixels of exactly ``size``."""
        batch = pixels[None]
        if self._input["dtype"] != np.uint8:
            batch = batch.astype(self._input["dtype"])
        self._interpreter.set_tensor(self._input["index"], batch)
        self._interpreter.invoke()
        return {name: self._floats(detail) for name, detail in self._outputs.items()}

    def _floats(self, detail: dict[str, Any]) -> Floats:
        values = self._interpreter.get_tensor(detail["index"])[0]
        scale, zero_point = detail["quantization"]
        if scale == 0:  # not quantized
            return np.asarray(values, np.float32)
        # int32 first: uint8 minus the zero point would wrap
        return np.asarray((values.astype(np.int32) - zero_point) * scale, np.float32)


Shape = tuple[int, ...]


def _shape(detail: dict[str, Any]) -> Shape:
    return tuple(int(length) for length in detail["shape"])


def _fit(seen: Shape, attention: Shape, offsets: Shape, label: Shape, presence: Shape) -> bool:
    """Whether tensors of these shapes are a localizer's."""
    return (
        (len(seen), seen[:1], seen[-1:]) == (4, (1,), (3,))
        and (len(attention), attention[:1], attention[-1:]) == (4, (1,), (4,))
        and offsets == attention
        and (len(label), label[:1]) == (2, (1,))
        and presence == (1, 1)
    )
