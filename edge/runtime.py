"""The LiteRT interpreter: whichever package this device has, behind one small class."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from edge.card import EDGE_MAPS, FINISHED_BOX
from edge.errors import LocalizerError
from edge.tensors import BOX_OUTPUTS, OUTPUTS, Outputs, Quantization, decoded_names

if TYPE_CHECKING:  # an accelerator's process has no use for OpenCV
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
        self,
        path: Path,
        threads: int = 1,
        runtime: tuple[Any, str] | None = None,
        delegates: Sequence[Any] = (),
    ) -> None:
        """Load ``path`` for ``threads`` CPU threads; raises LocalizerError where that fails.

        runtime: what ``load_runtime`` gives; None calls it.
        delegates: what the runtime's ``load_delegate`` gave, for an accelerator.
        """
        module, self.runtime = runtime or load_runtime()
        self.threads = threads
        """CPU threads of one inference."""
        options: dict[str, Any] = {"experimental_delegates": list(delegates)} if delegates else {}
        try:
            # Its content, not its path: that would be mapped into memory, and a file that is
            # written over in place would change, or crash, the model in service.
            self._interpreter = module.Interpreter(
                model_content=_content(path), num_threads=threads, **options
            )
            self._interpreter.allocate_tensors()
            signature = self._interpreter.get_signature_runner()
            inputs = list(signature.get_input_details().values())
            outputs = signature.get_output_details()
        except (ValueError, RuntimeError) as error:
            raise LocalizerError(
                f"{path} cannot be loaded by {self.runtime}: {error}; convert it again"
            ) from error
        self.names = decoded_names(outputs)
        """The outputs that are decoded, in the order that ``codes`` has."""
        if len(inputs) != 1 or not self.names:
            raise LocalizerError(
                f"{path} has {len(inputs)} inputs and the outputs {', '.join(sorted(outputs))}, "
                f"but a localizer has one input and {', '.join(OUTPUTS)}, or {BOX_OUTPUTS[0]}; "
                "convert it again"
            )
        seen = _shape(inputs[0])
        shapes = {name: _shape(outputs[name]) for name in self.names}
        if not _fit(seen, shapes):
            raise LocalizerError(
                f"{path} has an input of shape {seen} and outputs of shapes {shapes}, but "
                "a localizer sees (1, height, width, 3) and gives maps (1, rows, columns, 4) or a "
                "box (1, 4), label (1, classes) and presence (1, 1); convert it again"
            )
        self._input = inputs[0]
        self.decode = FINISHED_BOX if "box" in self.names else EDGE_MAPS
        """How its outputs become a box; one of edge.card.DECODE_KINDS."""
        self._outputs = {name: outputs[name] for name in self.names}
        self.size = (int(self._input["shape"][2]), int(self._input["shape"][1]))
        """Width and height of the pixels it wants."""
        self.labels = shapes.get("label", (1,))[-1]
        """How many classes it tells apart."""
        self.quantization = {
            name: Quantization(*detail.get("quantization", (0.0, 0)))
            for name, detail in self._outputs.items()
        }
        """How each output's codes become numbers."""

    def __call__(self, pixels: Image) -> Outputs:
        """The outputs for pixels of exactly ``size``; they stay as they are at the next call."""
        self.set_input(pixels)
        self.invoke()
        return Outputs(self.codes(), self.quantization)

    def set_input(self, pixels: Image) -> None:
        """Copy pixels of exactly ``size`` into the interpreter."""
        batch: npt.NDArray[Any] = pixels[None]
        if self._input["dtype"] != np.uint8:
            batch = batch.astype(self._input["dtype"])
        # A copy of a few microseconds: the picture after this one is prepared while this one is
        # inferred, and the runtime refuses to infer while a view of its tensors is held.
        self._interpreter.set_tensor(self._input["index"], batch)

    def invoke(self) -> None:
        """Infer from the input that was set last; other threads run meanwhile."""
        self._interpreter.invoke()

    def codes(self) -> dict[str, npt.NDArray[Any]]:
        """Copies of the raw outputs, without batch axis."""
        return {
            name: self._interpreter.get_tensor(detail["index"])[0]
            for name, detail in self._outputs.items()
        }


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LocalizerError(
            f"{path} cannot be read: {error.strerror}; give --model a file that can"
        ) from error


Shape = tuple[int, ...]


def _shape(detail: dict[str, Any]) -> Shape:
    return tuple(int(length) for length in detail["shape"])


def _fit(seen: Shape, shapes: Mapping[str, Shape]) -> bool:
    """Whether an input and outputs of these shapes are a localizer's."""
    maps = shapes.get("attention", (1, 1, 1, 4))
    label = shapes.get("label", (1, 1))
    return (
        (len(seen), seen[:1], seen[-1:]) == (4, (1,), (3,))
        and (len(maps), maps[:1], maps[-1:]) == (4, (1,), (4,))
        and shapes.get("offsets", maps) == maps
        and shapes.get("box", (1, 4)) == (1, 4)
        and (len(label), label[:1]) == (2, (1,))
        and shapes.get("presence", (1, 1)) == (1, 1)
    )
