"""COCO JSON: pictures, classes and boxes of a whole set in one file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from train.example import Fault
from train.readers.annotation import (
    Annotation,
    Drawn,
    Edges,
    Listed,
    Listing,
    Unusable,
    label_of,
    number,
    shown,
)
from train.readers.pictures import Pictures
from train.readers.text import JsonFile

Rows = list[tuple[int, dict[str, Any]]]
"""Objects of a list in the file, with their numbers."""


def list_coco(files: Sequence[Path], root: Path) -> Listing:
    """The pictures below ``root`` that the JSON ``files`` speak of."""
    pictures, listing = Pictures.below(root), Listing()
    taken: dict[Path, Path] = {}
    for path in files:
        try:
            _list_one(path, pictures, taken, listing)
        except Unusable as fault:
            listing.faults.append(Fault(path, str(fault), fault.line, fault.kind))
    names = ", ".join(path.name for path in files)
    listing.faults += [
        Fault(picture, f"is not among the pictures of {names}; label it, or list it there",
              kind="unannotated", picture=picture)
        for picture in pictures.paths
        if picture not in taken
    ]  # fmt: skip
    return listing


def _list_one(path: Path, pictures: Pictures, taken: dict[Path, Path], listing: Listing) -> None:
    file = JsonFile(path)
    if not isinstance(file.content, dict):
        raise Unusable("is a list and COCO is an object; export it again", 1, "unreadable")
    names = _names(file)
    images = file.rows("images")
    drawn: defaultdict[Any, Rows] = defaultdict(list)
    for at, row in file.rows("annotations"):
        drawn[_key(row.get("image_id"))].append((at, row))
    lines = {name: file.strangers(name) for name in ("images", "annotations")}
    for name, places in lines.items():
        listing.faults += [
            Fault(path, f"has something in {name} that is no object; export it again", line,
                  "unreadable")
            for line in places
        ]  # fmt: skip
    known: set[Any] = set()
    for at, image in images:
        line, key = file.line("images", at), _key(image.get("id"))
        if key is None:  # its boxes, if it has any, cannot be told; it is not for that empty
            rule = (
                f"has a picture of the id {shown(image.get('id'))}, which is none; export it again"
            )
            listing.faults.append(Fault(path, rule, line, "unreadable"))
            continue
        if key in known:
            rule = f"has two pictures of the id {shown(image.get('id'))}; export it again"
            listing.faults.append(Fault(path, rule, line, "unreadable"))
            continue
        known.add(key)
        try:
            file_name = image.get("file_name")
            if not isinstance(file_name, str):
                raise Unusable("has a picture without file_name; export it again")
            picture = pictures.find(file_name, path.parent, line)
        except Unusable as fault:
            listing.faults.append(Fault(path, str(fault), line, "no picture"))
            continue
        if picture in taken:
            rule = f"has {picture.name} again, which {taken[picture].name} already has; keep one"
            listing.faults.append(Fault(path, rule, line, "twice"))
            continue
        taken[picture] = path
        read = partial(_annotation, file, image, drawn[key], names)
        listing.listed.append(Listed(picture, path, read, line))
    listing.faults += [
        Fault(path, f"has a box for the picture {shown(row.get('image_id'))}, which is not in it; "
              "export it again", file.line("annotations", at), "no picture")
        for key, rows in drawn.items()
        if key not in known
        for at, row in rows[:1]
    ]  # fmt: skip


def _annotation(file: JsonFile, image: dict[str, Any], rows: Rows, names: dict[Any, Any]) -> Any:
    size = None
    if image.get("width") and image.get("height"):
        size = number(image["width"], "width"), number(image["height"], "height")
    crowds = [row for _, row in rows if row.get("iscrowd") == 1]
    if crowds and len(crowds) == len(rows):
        raise Unusable(
            "has only regions of many objects (iscrowd); draw one", file.line("annotations",
            rows[0][0]), "unusable",
        )  # fmt: skip
    objects = [
        _drawn(row, names, file.line("annotations", at))
        for at, row in rows
        if row.get("iscrowd") != 1
    ]
    return Annotation(objects, "pixels", size)


def _drawn(row: dict[str, Any], names: dict[Any, Any], line: int) -> Drawn:
    key = _key(row.get("category_id"))
    if key not in names:
        raise Unusable(
            f"has the category_id {shown(row.get('category_id'))}, which no category has; "
            "export it again",
            line,
            "unnamed",
        )
    return Drawn(label_of(names[key], "categories", line), _edges(row.get("bbox"), line), line)


def _edges(bbox: Any, line: int) -> Edges | None:
    if bbox is None or bbox == []:
        return None
    if not isinstance(bbox, list) or len(bbox) != 4:
        rule = f"has the bbox {shown(bbox)}, and a bbox has four numbers; correct it"
        raise Unusable(rule, line, "unreadable")
    left, top, width, height = (number(value, "bbox", line) for value in bbox)
    return left, top, left + width, top + height


def _names(file: JsonFile) -> dict[Any, Any]:
    """The class of each category's id."""
    rows = file.rows("categories") if "categories" in file.content else []
    return {_key(row.get("id")): row.get("name") for _, row in rows}


def _key(value: Any) -> str | None:
    """``value`` as an id: 1, 1.0 and "1" are one, as tools mix them; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value)
