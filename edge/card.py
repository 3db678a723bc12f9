"""The card: what a model file promises about itself.

It travels as ``localizer.json`` in the bundle behind the flatbuffer, and
``unzip -p model.tflite localizer.json`` prints it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.bundle import Bundle, read_bundle, with_bundle
from edge.errors import LocalizerError
from edge.strict import Fields, loaded

NAME = "localizer.json"
SCHEMA = 2
EDGE_MAPS, FINISHED_BOX = "edge-maps", "box"
DECODE_KINDS = (EDGE_MAPS, FINISHED_BOX)
"""How outputs become a box: edge maps vote for it, or the model finishes it itself."""
RESIZE_KINDS = ("area",)
_OFFSET_SCALE = 0.1
_LARGEST = 256_000  # bytes; a real card has two thousand, and a thousand labels fit
_WIDEST = 4096  # pixels
_MOST_LABELS = 1000


@dataclass(frozen=True, slots=True)
class Card:
    """What the device must know to turn a model's numbers into a box."""

    width: int
    """Pixels across the model's input."""
    height: int
    """Pixels down the model's input."""
    labels: tuple[str, ...]
    """The class names, in the order of the label output."""
    decode: str = EDGE_MAPS
    """How the outputs become a box; one of DECODE_KINDS."""
    offset_scale: float = _OFFSET_SCALE
    """Share of the picture that an offset of 1.0 stands for; without a meaning where the model
    finishes its box."""
    presence_threshold: float = 0.5
    """The presence, 0 to 1, under which a box is withheld."""
    quality: Mapping[str, Any] = field(default_factory=dict)
    """Reports on held-out pictures, by precision: ``float``, ``int8``; each a flat mapping of
    figures, ``images`` being how many pictures it was measured on."""
    made: Mapping[str, Any] = field(default_factory=dict)
    """How the file came about: ``at`` (RFC 3339), ``data_sha256`` (of the lists of pictures and
    their hashes), ``weights_sha256`` (of the unquantized model), ``versions`` of the packages."""
    temperature: float = 1.0
    """Divides the label logits before the softmax: above 1 the scores are less sure."""
    resize: str = "area"
    """How a picture comes to the input's size: ``edge.image.resized`` of one of RESIZE_KINDS."""

    def to_json(self) -> str:
        """The text of ``localizer.json``."""
        decode: dict[str, Any] = {"kind": self.decode}
        if self.decode != FINISHED_BOX:
            decode["offset_scale"] = self.offset_scale
        content = {
            "schema": SCHEMA,
            "input": {"width": self.width, "height": self.height, "resize": self.resize},
            "labels": list(self.labels),
            "decode": decode,
            "presence_threshold": self.presence_threshold,
            "temperature": self.temperature,
            "quality": dict(self.quality),
            "made": dict(self.made),
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str, where: str) -> Card:
        """The card that ``text`` describes; ``where`` names its file in a LocalizerError."""
        try:
            content = loaded(text)
            schema = content.number("schema", whole=True)
            if schema != SCHEMA:
                raise LocalizerError(_other_schema(where, int(schema)))
            # asked before the rest is checked: a newer kind may come with other constants
            decode = content.part("decode")
            kind = decode.text("kind")
            if kind not in DECODE_KINDS:
                raise LocalizerError(
                    f"{where} wants its outputs decoded as {kind!r} but this program knows "
                    f"{', '.join(DECODE_KINDS)}; update edge-localizer"
                )
            seen = content.part("input")
            resize = seen.text("resize")
            if resize not in RESIZE_KINDS:
                raise LocalizerError(
                    f"{where} wants its pictures resized by {resize!r} but this program knows "
                    f"{', '.join(RESIZE_KINDS)}; update edge-localizer"
                )
            scale = _OFFSET_SCALE
            if kind == EDGE_MAPS:
                scale = decode.number("offset_scale", 1e-6, 1.0)
            card = cls(
                width=int(seen.number("width", 1, _WIDEST, whole=True)),
                height=int(seen.number("height", 1, _WIDEST, whole=True)),
                labels=content.texts("labels", _MOST_LABELS),
                decode=kind,
                offset_scale=scale,
                presence_threshold=content.number("presence_threshold", 0.0, 1.0),
                quality=_quality(content.part("quality")),
                made=_made(content.part("made")),
                temperature=content.number("temperature", 0.01, 100.0),
                resize=resize,
            )
            for part in (content, decode, seen):
                part.all_asked()
        except ValueError as error:
            raise LocalizerError(
                f"{where} has a damaged {NAME} ({error}); convert the model again"
            ) from error
        return card


def read_card(path: Path) -> Card:
    """The card inside the model file ``path``.

    Raises LocalizerError where the file is absent, no TFLite model, or carries no card.
    """
    return card_of(read_bundle(path))


def card_of(bundle: Bundle) -> Card:
    """The card in a bundle that was read already; raises LocalizerError where it has none."""
    if NAME not in bundle.files:
        raise LocalizerError(
            f"{bundle.where} carries no {NAME}, so its outputs cannot be understood: another "
            "project's model, or one cut short; convert a trained run with edge-convert tflite"
        )
    text = bundle.files[NAME]
    if len(text) > _LARGEST:
        raise LocalizerError(
            f"{bundle.where} has a {NAME} over {_LARGEST} bytes; convert the model again"
        )
    try:
        return Card.from_json(text.decode(), bundle.where)
    except UnicodeDecodeError as error:
        raise LocalizerError(
            f"{bundle.where} has a {NAME} that is no UTF-8 text; convert the model again"
        ) from error


def with_card(flatbuffer: bytes, card: Card, others: Mapping[str, bytes] | None = None) -> bytes:
    """The content of a model file: ``flatbuffer``, with its card and ``others`` behind it.

    others: files of a bundle; a card among them gives way to ``card``.
    """
    return with_bundle(flatbuffer, {**(others or {}), NAME: card.to_json().encode()})


def _other_schema(where: str, schema: int) -> str:
    if schema > SCHEMA:
        return (
            f"{where} has a card of schema {schema} but this program reads schema {SCHEMA}; "
            "update edge-localizer"
        )
    return (
        f"{where} has a card of the old schema {schema} and this program reads schema {SCHEMA}; "
        "convert the model again"
    )


def _quality(part: Fields) -> dict[str, dict[str, float | None]]:
    return {name: part.part(name).figures() for name in part.names(16)}


def _made(part: Fields) -> dict[str, Any]:
    """The known notes checked for their form, others for being one short text or number."""
    made: dict[str, Any] = {}
    for name in part.names(32):
        if name == "at":
            made[name] = part.moment(name)
        elif name.endswith("_sha256"):
            made[name] = part.digest(name)
        elif name == "versions":
            versions = part.part(name)
            made[name] = {package: versions.text(package) for package in versions.names(64)}
        else:
            made[name] = part.note(name)
    return made
