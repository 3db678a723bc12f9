"""Any trained model behind one door: RUN, ``.keras``, ``.tflite``, ``.onnx``."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.card import DECODE_KINDS, EDGE_MAPS, FINISHED_BOX, NAME, Card
from edge.errors import LocalizerError
from edge.image import Image
from edge.localizer import Localizer, load_localizer
from edge.tensors import Floats, decoded_names
from train.border import first_line
from train.floating import float_localizer, load_model
from train.quiet import start_keras
from train.run_folder import MODEL, NOTES, Run, digest, load_run

_ROOM = 65_535  # bytes that the comment of a zip may have


@dataclass(frozen=True, slots=True)
class Model:
    """A model that is ready to answer."""

    path: Path
    """The file; that in the folder, where a RUN was named."""
    localize: Localizer
    runtime: str
    """What computes it, in a few words."""
    run: Run | None = None
    """The training that the file lies in, where it does."""

    @property
    def card(self) -> Card:
        return self.localize.card

    def to_json(self) -> dict[str, Any]:
        """What tells this model from others."""
        return {
            "file": str(self.path),
            "sha256": digest(self.path),
            "runtime": self.runtime,
            "labels": list(self.card.labels),
            "size": [self.card.width, self.card.height],
            "presence_threshold": self.card.presence_threshold,
            "closer": self.localize.closer,
        }


def open_model(path: Path, closer: bool = False) -> Model:
    """The model in ``path``: a RUN of edge-train fit, or a file that it or edge-convert made.

    closer: whether it looks at what it found again from nearer.
    Raises LocalizerError where it is none of them, or contradicts its card.
    """
    opened = _opened(path)
    opened.localize.closer = closer
    return opened


def _opened(path: Path) -> Model:
    if not path.exists():
        raise LocalizerError(
            f"{path} does not exist; name a RUN of edge-train fit, a .keras, a .tflite or an .onnx"
        )
    if path.is_dir():
        run = load_run(path)
        return _keras(run.model, run.card, run)
    doors: dict[str, Callable[[Path], Model]] = {
        ".keras": _lone_keras,
        ".tflite": _tflite,
        ".onnx": _onnx,
    }
    door = doors.get(path.suffix.lower())
    if door is None:
        raise LocalizerError(
            f"a model is a RUN of edge-train fit, or a file that ends in {', '.join(doors)}. "
            f"Received: {path}"
        )
    return door(path)


def describe(path: Path, card: Card) -> None:
    """Put ``card`` into the Keras model in ``path``, so that the file can be used alone.

    It becomes the comment of the zip, which ``unzip -z`` prints; without room it is left out.
    """
    text = card.to_json().encode()
    if len(text) <= _ROOM:
        with zipfile.ZipFile(path, "a") as archive:
            archive.comment = text


def _lone_keras(path: Path) -> Model:
    try:
        with zipfile.ZipFile(path) as archive:
            text = archive.comment.decode()
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise LocalizerError(f"{path} is not a Keras model ({error}); copy it again") from error
    beside = path.parent / NOTES
    run = None
    if path.name == MODEL and beside.is_file():
        run = load_run(path.parent)
    if text:
        return _keras(path, Card.from_json(text, str(path)), run)
    if run is None:
        raise LocalizerError(
            f"{path} says neither its labels nor its threshold, and no {NOTES} lies beside it; "
            "name the RUN that it was trained in"
        )
    return _keras(path, run.card, run)


def _keras(path: Path, card: Card, run: Run | None) -> Model:
    start_keras(0)
    import keras

    network = load_model(path)
    seen = network.input_shape
    outputs = sorted(network.output) if isinstance(network.output, dict) else ["no names"]
    if seen != (None, card.height, card.width, 3) or not decoded_names(outputs):
        raise LocalizerError(
            f"{path} sees pixels of shape {seen} and gives {', '.join(outputs)}, but a localizer "
            f"of its card sees (None, {card.height}, {card.width}, 3) and gives a box; name the "
            "model that belongs to the card"
        )
    runtime = f"keras {keras.__version__} on {keras.backend.backend()}"
    return Model(path, float_localizer(network, card), runtime, run)


def _tflite(path: Path) -> Model:
    localizer, runtime = load_localizer(path, threads=2)
    return Model(path, localizer, runtime)


def _onnx(path: Path) -> Model:
    try:
        import onnxruntime
    except ImportError as error:
        raise LocalizerError(f"{path} needs onnxruntime; pip install onnxruntime") from error
    try:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except Exception as error:  # each of its faults is a class of its own, below Exception
        raise LocalizerError(
            f"{path} cannot be loaded by onnxruntime ({first_line(error)}); export it again with "
            "edge-convert onnx"
        ) from error
    notes = session.get_modelmeta().custom_metadata_map
    if NAME not in notes:
        raise LocalizerError(
            f"{path} carries no {NAME}, so its outputs cannot be understood: another project's "
            "model; export a trained run with edge-convert onnx"
        )
    card = Card.from_json(notes[NAME], str(path))
    network = OnnxNetwork(session)
    _check_onnx(path, network, card)
    runtime = f"onnxruntime {onnxruntime.__version__}"
    return Model(path, Localizer(network, card), runtime)


class OnnxNetwork:
    """Prepared pixels in, named float outputs out, through a session of onnxruntime."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.inputs = {one.name: list(one.shape) for one in session.get_inputs()}
        self.outputs = {one.name: list(one.shape) for one in session.get_outputs()}
        self._names = decoded_names(self.outputs)
        self.decode = FINISHED_BOX if "box" in self._names else EDGE_MAPS

    def __call__(self, pixels: Image) -> dict[str, Floats]:
        told = self._session.run(list(self._names), {next(iter(self.inputs)): pixels[None]})
        pairs = zip(self._names, told, strict=True)
        return {name: np.asarray(values[0], np.float32) for name, values in pairs}


def _check_onnx(path: Path, network: OnnxNetwork, card: Card) -> None:
    """Raise LocalizerError where the tensors of ``path`` are not what its card says."""
    wanted = [1, card.height, card.width, 3]
    classes = network.outputs.get("label", [1, 1])
    names = decoded_names(network.outputs)
    fits = list(network.inputs.values()) == [wanted] and classes == [1, len(card.labels)]
    if not (fits and names and network.decode == card.decode and card.decode in DECODE_KINDS):
        raise LocalizerError(
            f"{path} has inputs {network.inputs} and outputs {network.outputs}, but its card says "
            f"{card.width}x{card.height} pixels, {len(card.labels)} classes and outputs decoded as "
            f"{card.decode!r}; export it again with edge-convert onnx"
        )
