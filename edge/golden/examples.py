"""The golden examples as they lie in a model file: ``golden.json`` and its pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edge.box import Box
from edge.bundle import Bundle
from edge.errors import LocalizerError
from edge.golden.fingerprint import CELLS, Fingerprint, chart
from edge.image import Image, decoded, jpeg_sizes
from edge.observation import Localization
from edge.strict import Fields, loaded

NAME = "golden.json"
SCHEMA = 1
MOST = 8
_PICTURE = re.compile(r"golden/[0-7]\.jpg")
_LONGEST = 1024  # pixels of a side; a small file may promise a picture that fills the memory
_LARGEST = 100_000  # bytes of golden.json; eight examples have 25,000


@dataclass(frozen=True, slots=True, eq=False)
class PreparedPicture:
    """A picture, and what the workstation made of it before the model saw it."""

    name: str
    """The picture's name in the bundle."""
    picture: Image
    prepared: Fingerprint
    """Of the pixels that the model was given."""


@dataclass(frozen=True, slots=True, eq=False)
class GoldenExample(PreparedPicture):
    """A picture, and what became of it on the workstation."""

    answer: Localization
    """What the model file found."""


@dataclass(frozen=True, slots=True, eq=False)
class Golden:
    """All that a model file carries to prove itself."""

    examples: Sequence[GoldenExample]
    """1 to MOST."""
    chart: PreparedPicture
    """The pattern that shows how pictures are resized; it is drawn, not stored."""


def golden_files(
    examples: Sequence[tuple[bytes, Fingerprint, Localization]], chart_prepared: Fingerprint
) -> dict[str, bytes]:
    """The bundle's files for 1 to MOST (JPEG, prepared pixels, answer): pictures and list.

    chart_prepared: of the pixels that ``chart()`` becomes.
    """
    files, rows = {}, []
    for number, (jpeg, prepared, answer) in enumerate(examples):
        name = f"golden/{number}.jpg"
        files[name] = jpeg
        row = {
            "picture": name,
            "box": [round(edge, 5) for edge in answer.box.edges],
            "label": answer.label,
            "score": round(answer.score, 5),
            "prepared": _to_json(prepared),
        }
        rows.append(json.dumps(row, ensure_ascii=False))
    head = f'{{"schema": {SCHEMA},\n"chart": {json.dumps(_to_json(chart_prepared))},\n'
    text = f'{head}"examples": [\n' + ",\n".join(rows) + "\n]}\n"
    return {**files, NAME: text.encode()}


def read_golden(bundle: Bundle) -> Golden | None:
    """The golden examples in a model file; None where it carries no list of them.

    Raises LocalizerError where the list or a picture is not what this program writes.
    """
    text = bundle.files.get(NAME)
    if text is None:
        return None
    try:
        if len(text) > _LARGEST:
            raise ValueError(f"it has over {_LARGEST} bytes")
        content = loaded(text.decode())
        schema = content.number("schema", whole=True)
        if schema > SCHEMA:
            raise LocalizerError(
                f"{bundle.where} has golden examples of schema {schema} but this program reads "
                f"schema {SCHEMA}; update edge-localizer"
            )
        rows = content.parts("examples", MOST)
        drawn = PreparedPicture("the chart", chart(), _fingerprint(content.part("chart")))
        content.all_asked()
        return Golden([_example(row, bundle.files) for row in rows], drawn)
    except ValueError as error:
        raise LocalizerError(
            f"{bundle.where} has damaged golden examples ({NAME}: {error}); convert the model again"
        ) from error


def _example(row: Fields, files: Mapping[str, bytes]) -> GoldenExample:
    name = row.text("picture")
    if not _PICTURE.fullmatch(name) or name not in files:
        raise ValueError(f"{name} is no picture of the bundle")
    sizes = jpeg_sizes(files[name])
    if not sizes or not all(0 < side <= _LONGEST for size in sizes for side in size):
        raise ValueError(f"{name} is no JPEG of up to {_LONGEST} pixels a side. Received: {sizes}")
    left, top, right, bottom = row.numbers("box", 4, 0.0, 1.0)
    label, score = row.text("label"), row.number("score", 0.0, 1.0)
    prepared = _fingerprint(row.part("prepared"))
    row.all_asked()
    try:
        picture = decoded(files[name], name)
    except LocalizerError as error:
        raise ValueError(str(error)) from error
    return GoldenExample(
        name,
        picture,
        prepared,
        Localization(Box(left, top, right, bottom), label, score),
    )


def _to_json(prepared: Fingerprint) -> dict[str, object]:
    return {
        "means": [round(float(mean)) for mean in prepared.means.reshape(-1)],
        "gradient": round(prepared.gradient, 3),
    }


def _fingerprint(part: Fields) -> Fingerprint:
    means = np.array(part.numbers("means", CELLS * CELLS * 3, 0.0, 255.0), np.float32)
    gradient = part.number("gradient", 0.0, 255.0)
    part.all_asked()
    return Fingerprint(means.reshape(CELLS, CELLS, 3), gradient)
