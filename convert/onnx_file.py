"""A run's float model as an ONNX file, whose boxes are decoded inside."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from edge.bundle import write_model
from edge.card import FINISHED_BOX, Card
from edge.decode import box_of, scores_of
from edge.errors import LocalizerError
from edge.image import Image
from edge.tensors import decoded_names
from train.floating import KerasNetwork, load_model
from train.losses import decoded
from train.photos import prepared
from train.progress import Progress
from train.quiet import quiet, start_keras
from train.run_folder import load_run, refuse_existing

TOLERANCE = 1e-3
"""How far an edge (in fractions of the picture) or a class's share may lie from Keras' own."""

_OPSET = 17  # what runtimes since 2022 read
_MEANINGS = {
    "input": "RGB pixels as they are, (1, height, width, 3), resized by averaging",
    "cls": "share of each class, (1, classes)",
    "loc": "left, top, right, bottom as fractions of the picture, (1, 4)",
    "attention": "where to look for each edge, logits, (1, rows, columns, 4)",
    "offsets": "how far each edge lies outward from a cell's centre, (1, rows, columns, 4)",
    "box": "the edges of loc as the network gives them, not put in order and not cut, (1, 4)",
    "label": "logit of each class, (1, classes)",
    "presence": "logit of there being an object at all, (1, 1)",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """How the file compares with the Keras model that it was made from."""

    pictures: int
    farthest: float
    """The largest difference of any edge of ``loc``, in fractions of the picture."""
    farthest_share: float
    """The largest difference of any share of ``cls``."""


def export_onnx(run_folder: Path, out: Path, console: Console, data: Path | None = None) -> Checked:
    """Write the run's float model to ``out``, after onnxruntime agreed with Keras on its pictures.

    data: the folder of the run's pictures where they moved.
    Raises LocalizerError for what the user can mend; then ``out`` does not exist.
    """
    refuse_existing(out)
    if not out.parent.is_dir():
        raise LocalizerError(f"{out.parent} is no folder; make it, or name another")
    run = load_run(run_folder, data)
    examples = run.examples("held_out") or run.examples("train")
    with Progress(console) as progress:
        start_keras(0)
        model = load_model(run.model)
        content = onnx_content(model, run.card)
        watch = progress.over("checking")
        pictures = (prepared([example], run.card.width)[0] for example in watch(examples))
        checked = compared(content, model, run.card, pictures)
    refuse_existing(out)
    write_model(out, content)
    return checked


def onnx_content(model: Any, card: Card) -> bytes:
    """The ONNX file of ``model``: ``input`` in; ``cls``, ``loc`` and the raw outputs out.

    ``loc`` is what ``edge.decode`` makes of the maps, corners in order and cut to the picture.
    """
    import onnx
    import tensorflow as tf
    import tf2onnx
    from keras import ops

    def answer(picture: Any) -> dict[str, Any]:
        raw = model(picture, training=False)
        finished = card.decode == FINISHED_BOX
        edges = raw["box"] if finished else decoded(raw["attention"], raw["offsets"])
        boxes = ops.clip(edges, 0.0, 1.0)
        corners = boxes[:, :2], boxes[:, 2:]
        return {
            "cls": (
                ops.softmax(raw["label"] / card.temperature)
                if "label" in raw
                else ops.ones_like(boxes[:, :1])
            ),
            "loc": ops.concatenate([ops.minimum(*corners), ops.maximum(*corners)], axis=1),
            **{name: raw[name] for name in decoded_names(raw)},
        }

    seen = [tf.TensorSpec((1, *model.input.shape[1:]), tf.uint8, "input")]
    with quiet():
        function = tf.function(answer, input_signature=seen)
        made, _ = tf2onnx.convert.from_function(function, input_signature=seen, opset=_OPSET)
    for node in made.graph.node:
        for attribute in node.attribute:
            # TensorFlow's own mode left ONNX with version 13; at twice the size this is the same.
            if attribute.s == b"tf_half_pixel_for_nn":
                attribute.s = b"asymmetric"
    for value in (*made.graph.input, *made.graph.output):
        value.doc_string = _MEANINGS[value.name]
    made.graph.name = "localizer"
    made.producer_name = "edge-localizer"
    onnx.helper.set_model_props(
        made,
        {
            "labels": json.dumps(card.labels, ensure_ascii=False),
            "input_width": str(card.width),
            "input_height": str(card.height),
            "resize": card.resize,
            "presence_threshold": str(card.presence_threshold),
            "localizer.json": card.to_json(),
        },
    )
    onnx.checker.check_model(made, full_check=True)
    return bytes(made.SerializeToString())


def compared(content: bytes, model: Any, card: Card, pictures: Iterable[Image]) -> Checked:
    """How onnxruntime's answers from ``content`` lie to those of ``model`` through edge.decode.

    pictures: prepared, uint8 (height, width, 3). Raises LocalizerError over TOLERANCE.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    exact = KerasNetwork(model)
    edges, shares = [0.0], [0.0]
    for pixels in pictures:
        raw = exact(pixels)
        cls, loc = session.run(["cls", "loc"], {"input": pixels[None]})
        edges.append(float(np.abs(loc[0] - np.array(box_of(raw, card).edges)).max()))
        shares.append(float(np.abs(cls[0] - scores_of(raw, card)).max()))
    checked = Checked(len(edges) - 1, max(edges), max(shares))
    # not <=, so that a NaN is over it too
    if not max(checked.farthest, checked.farthest_share) <= TOLERANCE:
        raise LocalizerError(
            f"the ONNX file lies {checked.farthest:.2g} off in an edge and "
            f"{checked.farthest_share:.2g} in a class, over the {TOLERANCE:g} allowed, so it was "
            "not written; install the versions that the project asks for and export again"
        )
    return checked
