"""The card: what a model file promises about itself.

It travels as ``localizer.json`` in a zip behind the flatbuffer. Both LiteRT runtimes ignore what
follows the flatbuffer, and ``unzip -p model.tflite localizer.json`` prints it.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.errors import LocalizerError

NAME = "localizer.json"
SCHEMA = 1
DECODE_KINDS = ("edge-maps",)
_LARGEST = 1_000_000  # bytes; a real card has a few thousand


@dataclass(frozen=True, slots=True)
class Card:
    """What the device must know to turn a model's numbers into a box."""

    width: int
    """Pixels across the model's input."""
    height: int
    """Pixels down the model's input."""
    labels: tuple[str, ...]
    """The class names, in the order of the label output."""
    decode: str = "edge-maps"
    """How the outputs become a box; one of DECODE_KINDS."""
    offset_scale: float = 0.1
    """Share of the picture that an offset of 1.0 stands for."""
    presence_threshold: float = 0.5
    """The presence, 0 to 1, under which a box is withheld."""
    quality: Mapping[str, Any] = field(default_factory=dict)
    """Reports on held-out pictures, by precision: ``float``, ``int8``."""
    made: Mapping[str, Any] = field(default_factory=dict)
    """When, from which data, and with which versions the file was made."""

    def to_json(self) -> str:
        """The text of ``localizer.json``."""
        content = {
            "schema": SCHEMA,
            "input": {"width": self.width, "height": self.height, "resize": "area"},
            "labels": list(self.labels),
            "decode": {"kind": self.decode, "offset_scale": self.offset_scale},
            "presence_threshold": self.presence_threshold,
            "quality": dict(self.quality),
            "made": dict(self.made),
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str, where: str) -> Card:
        """The card that ``text`` describes; ``where`` names its file in a LocalizerError."""
        try:
            content = json.loads(text)
            if content["schema"] != SCHEMA:
                raise LocalizerError(
                    f"{where} has a card of schema {content['schema']!r} but this program reads "
                    f"schema {SCHEMA}; update edge-localizer or convert the model again"
                )
            card = cls(
                width=int(content["input"]["width"]),
                height=int(content["input"]["height"]),
                labels=tuple(str(label) for label in content["labels"]),
                decode=str(content["decode"]["kind"]),
                offset_scale=float(content["decode"]["offset_scale"]),
                presence_threshold=float(content["presence_threshold"]),
                quality=dict(content["quality"]),
                made=dict(content["made"]),
            )
            if min(card.width, card.height, len(card.labels)) < 1:
                raise ValueError("its input has no size, or it has no labels")
            if not math.isfinite(card.offset_scale + card.presence_threshold):
                raise ValueError("its scale or its threshold is not a finite number")
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            raise LocalizerError(
                f"{where} has a damaged {NAME} ({type(error).__name__}: {error}); "
                "convert the model again"
            ) from error
        if card.decode not in DECODE_KINDS:
            raise LocalizerError(
                f"{where} wants its outputs decoded as {card.decode!r} but this program knows "
                f"{', '.join(DECODE_KINDS)}; update edge-localizer"
            )
        return card


def read_card(path: Path) -> Card:
    """The card inside the model file ``path``.

    Raises LocalizerError where the file is absent, no TFLite model, or carries no card.
    """
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise LocalizerError(f"{path} cannot be read: {error.strerror}") from error
    if head[4:8] != b"TFL3":
        raise LocalizerError(
            f"{path} is not a TFLite model (its bytes 4 to 7 are not TFL3); "
            "give a file that edge-convert tflite wrote"
        )
    try:
        with zipfile.ZipFile(path) as bundle:
            if bundle.getinfo(NAME).file_size > _LARGEST:
                raise LocalizerError(f"{path} has a {NAME} over {_LARGEST} bytes; convert it again")
            text = bundle.read(NAME).decode()
    except (zipfile.BadZipFile, KeyError) as error:
        raise LocalizerError(
            f"{path} carries no {NAME}, so its outputs cannot be understood; "
            "convert a trained run with edge-convert tflite"
        ) from error
    # zipfile raises RuntimeError for a password and NotImplementedError for an unknown packing.
    except (UnicodeDecodeError, OSError, EOFError, RuntimeError, zlib.error) as error:
        raise LocalizerError(f"{path} has an unreadable {NAME}; convert it again") from error
    return Card.from_json(text, str(path))


def with_card(flatbuffer: bytes, card: Card) -> bytes:
    """The content of a model file: ``flatbuffer`` and its card in a zip behind it."""
    content = io.BytesIO()
    content.write(flatbuffer)
    # "a" appends behind what is not a zip, and counts its offsets from the file's first byte
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr(NAME, card.to_json())
    return content.getvalue()
