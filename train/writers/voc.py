"""Pascal VOC: one XML a picture."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from edge.errors import LocalizerError
from train.readers.settle import Thing
from train.writers.entry import IMAGES, Entry, pixels

ANNOTATIONS = "annotations"
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML can hold, escaped or not."""


def write_voc(folder: Path, entries: Sequence[Entry]) -> None:
    """Write an XML for each picture into ``folder/annotations``."""
    for entry in entries:
        path = folder / ANNOTATIONS / entry.name.with_suffix(".xml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            voc(entry.name.name, entry.width, entry.height, entry.things, str(entry.name.parent)),
            encoding="utf-8",
        )


def voc(filename: str, width: int, height: int, things: Sequence[Thing], folder: str = ".") -> str:
    """The annotation of a picture of ``width`` by ``height`` pixels.

    A class without a box is an object without ``bndbox``. Raises LocalizerError where no XML can
    hold the name of the file or of a class.
    """
    for name in (filename, folder, *(thing.label for thing in things)):
        if NO_XML.search(name):
            raise LocalizerError(
                f"the name {name!a} has a character that XML cannot hold; rename it"
            )
    place = IMAGES if folder == "." else f"{IMAGES}/{folder}"
    lines = [
        "<annotation>",
        f"  <folder>{escape(place)}</folder>",
        f"  <filename>{escape(filename)}</filename>",
        f"  <size><width>{width}</width><height>{height}</height><depth>3</depth></size>",
        "  <segmented>0</segmented>",
    ]
    for thing in things:
        box = ""
        if thing.box is not None:
            names = ("xmin", "ymin", "xmax", "ymax")
            edges = zip(names, pixels(thing.box, width, height), strict=True)
            box = "".join(f"<{name}>{edge!r}</{name}>" for name, edge in edges)
            box = f"\n    <bndbox>{box}</bndbox>"
        lines.append(
            f"  <object>\n    <name>{escape(thing.label)}</name><pose>Unspecified</pose>"
            f"<truncated>0</truncated><difficult>0</difficult>{box}\n  </object>"
        )
    return "\n".join([*lines, "</annotation>", ""])
