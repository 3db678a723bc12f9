"""Label Studio: a JSON list of tasks, as its two JSON exports write them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from train.example import Fault
from train.readers.annotation import (
    UNNAMED,
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

_UPLOADED = re.compile(r"^[0-9a-f]{8}-")  # what Label Studio puts before an uploaded file's name
_BOXES = ("rectanglelabels", "rectangle", "labels")
_SHAPES = ("polygonlabels", "polygon", "brushlabels", "brush", "ellipselabels", "ellipse",
           "keypointlabels", "keypoint", "bitmasklabels", "vectorlabels")  # fmt: skip
_PICTURE_FIELDS = ("image", "img", "picture", "photo", "url")


def list_label_studio(files: Sequence[Path], root: Path) -> Listing:
    """The pictures below ``root`` that the JSON ``files`` speak of."""
    pictures, listing = Pictures.below(root), Listing()
    taken: dict[Path, Path] = {}
    for path in files:
        try:
            file = JsonFile(path)
            rows = file.rows(None)
        except Unusable as fault:
            listing.faults.append(Fault(path, str(fault), fault.line, fault.kind))
            continue
        listing.faults += [
            Fault(path, "has a task that is no object; export it again", line, "unreadable")
            for line in file.strangers(None)
        ]
        for at, task in rows:
            line = file.line(at)
            try:
                picture = _picture(task, pictures, path.parent)
            except Unusable as fault:
                listing.faults.append(Fault(path, str(fault), line, "no picture"))
                continue
            if picture in taken:
                rule = f"has {picture.name} twice; export each picture once"
                listing.faults.append(Fault(path, rule, line, "twice"))
                continue
            taken[picture] = path
            read = partial(_annotation, task, line)
            listing.listed.append(Listed(picture, path, read, line))
    names = ", ".join(path.name for path in files)
    listing.faults += [
        Fault(picture, f"is in no task of {names}; import it there and label it",
              kind="unannotated", picture=picture)
        for picture in pictures.paths
        if picture not in taken
    ]  # fmt: skip
    return listing


def _picture(task: dict[str, Any], pictures: Pictures, beside: Path) -> Path:
    """The picture of a task, whatever server its address names."""
    data = task.get("data", task)
    if not isinstance(data, dict):
        raise Unusable("has a task without data; export it again")
    named = [data[key] for key in _PICTURE_FIELDS if isinstance(data.get(key), str)]
    address = named[0] if named else ""
    try:
        parts = urlsplit(address)
        query = parse_qs(parts.query)
    except ValueError:
        parts, query = urlsplit(""), {}
    # files of a local storage: /data/local-files/?d=folder/cat.jpg
    name = query["d"][0] if "d" in query else unquote(parts.path if parts.scheme else address)
    if not name:
        raise Unusable("has a task that names no picture; export it again")
    name = name.removeprefix("/data/upload/")
    try:
        return pictures.find(name.lstrip("/"), beside)
    except Unusable:
        folder, _, last = name.rpartition("/")
        plain = _UPLOADED.sub("", last)
        if plain == last:
            raise
        return pictures.find(f"{folder}/{plain}".lstrip("/"), beside)


def _annotation(task: dict[str, Any], line: int) -> Annotation:
    results = _results(task, line)
    sizes = {
        (row["original_width"], row["original_height"])
        for row in results
        if isinstance(row.get("original_width"), int)
        and isinstance(row.get("original_height"), int)
    }
    size = sizes.pop() if len(sizes) == 1 else None
    by_region: dict[Any, list[str]] = {}
    for row in results:
        if isinstance(row.get("id"), str):
            by_region.setdefault(row["id"], []).extend(_names(row))
    boxes, classes = [], []
    seen: set[str] = set()
    for row in results:
        kind, region = row.get("type"), row.get("id")
        if kind in _SHAPES:
            rule = f"has an object drawn as {kind}, and boxes are read; draw rectangles"
            raise Unusable(rule, line, "unusable")
        if kind == "choices":
            classes += [Drawn(label_of(n, "choices", line), None, line) for n in _names(row)]
        elif kind in _BOXES and not (isinstance(region, str) and region in seen):
            if isinstance(region, str):
                seen.add(region)
            names = _names(row) or (by_region.get(region, []) if isinstance(region, str) else [])
            if len(set(names)) > 1:
                rule = (
                    f"has a box of {len(set(names))} classes ({shown(names[0])} is one); keep one"
                )
                raise Unusable(rule, line, "unnamed")
            label = label_of(names[0] if names else UNNAMED, str(kind), line)
            boxes.append(Drawn(label, _edges(row, size, line), line))
    return Annotation(boxes or classes, "fractions", size)


def _results(task: dict[str, Any], line: int) -> list[dict[str, Any]]:
    """What a person drew in a task; raises Unusable where nobody did, or gave it up."""
    made = task.get("annotations", task.get("completions"))
    if "data" not in task:  # the short export: each control's values beside the picture
        return _short(task)
    if not isinstance(made, list) or not all(isinstance(one, dict) for one in made):
        raise Unusable("has a task without annotations; label it", line, "unannotated")
    done = [one for one in made if not (one.get("was_cancelled") or one.get("skipped"))]
    if not done:
        why = "was skipped" if made else "is not annotated"
        raise Unusable(f"{why} in Label Studio; label it", line, "unannotated")
    truths = [one for one in done if one.get("ground_truth") is True] or done
    results = truths[-1].get("result")
    if not isinstance(results, list) or not all(isinstance(row, dict) for row in results):
        raise Unusable("has an annotation without its result; export it again", line, "unreadable")
    return results


def _short(task: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name, values in task.items():
        if isinstance(values, list):
            for value in values:
                if isinstance(value, dict) and "width" in value:
                    kinds = [key for key in (*_BOXES, *_SHAPES) if key in value]
                    kind = kinds[0] if kinds else "rectangle"
                    rows.append({**value, "type": kind, "value": value})
        elif isinstance(values, dict) and isinstance(values.get("choices"), list):
            rows.append({"type": "choices", "value": values})
        elif isinstance(values, str) and name == "choice":
            rows.append({"type": "choices", "value": {"choices": [values]}})
    return rows


def _names(row: dict[str, Any]) -> list[Any]:
    value = row.get("value")
    kind = row.get("type")
    names = value.get(kind) if isinstance(value, dict) and isinstance(kind, str) else None
    return names if isinstance(names, list) and all(isinstance(n, str) for n in names) else []


def _edges(row: dict[str, Any], size: tuple[float, float] | None, line: int) -> Edges:
    """The box of a region in fractions; of a turned one the upright box around it."""
    value = row.get("value")
    if not isinstance(value, dict):
        raise Unusable("has a box without its value; export it again", line, "unreadable")
    if number(row.get("image_rotation") or 0, "image_rotation", line) % 360:
        raise Unusable(
            "was labelled while the picture was turned; turn the file and label it again", line
        )
    left, top, width, height = (
        number(value.get(name), name, line) / 100 for name in ("x", "y", "width", "height")
    )
    turn = math.radians(number(value.get("rotation") or 0, "rotation", line))
    if not turn:
        return left, top, left + width, top + height
    # it turns around its upper left corner, in pixels and not in per cent
    stretch = size[1] / size[0] if size is not None and all(size) else 1.0
    down = height * stretch
    xs = [left + x * math.cos(turn) - y * math.sin(turn)
          for x, y in ((0, 0), (width, 0), (0, down), (width, down))]  # fmt: skip
    ys = [top + (x * math.sin(turn) + y * math.cos(turn)) / stretch
          for x, y in ((0, 0), (width, 0), (0, down), (width, down))]  # fmt: skip
    return min(xs), min(ys), max(xs), max(ys)
