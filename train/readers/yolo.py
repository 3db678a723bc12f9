"""YOLO: one text file a picture, one line an object, classes by number."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from edge.errors import LocalizerError
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
from train.readers.pictures import Pictures, files_below
from train.readers.text import read_text

IMAGES, LABELS = "images", "labels"
NAME_FILES = ("classes.txt", "obj.names", "_darknet.labels")


def list_yolo(root: Path) -> Listing:
    """The pictures below ``root`` with the text file that belongs to each.

    It lies beside the picture, or in ``labels`` where the picture lies in ``images``.
    Raises LocalizerError where nothing names the classes.
    """
    names = class_names(root)
    listing, used = Listing(), set()
    for picture in Pictures.below(root).paths:
        text = text_of(picture, root)
        used.add(text)
        if text.is_file():
            listing.listed.append(Listed(picture, text, partial(read_labels, text, names)))
        else:
            rule = f"has no {text.name} in {text.parent}; label it, or give it an empty one"
            listing.faults.append(Fault(picture, rule, kind="unannotated", picture=picture))
    listing.faults += [
        Fault(path, f"has no picture {path.stem}.*; add it", kind="no picture")
        for path in files_below(root)
        if path.suffix == ".txt" and path not in used and path.name not in NAME_FILES
        and LABELS in path.relative_to(root).parts[:-1]
    ]  # fmt: skip
    return listing


def text_of(picture: Path, root: Path) -> Path:
    """The text file that belongs to ``picture``."""
    parts = list(picture.relative_to(root).with_suffix(".txt").parts)
    for at in range(len(parts) - 2, -1, -1):
        if parts[at] == IMAGES:
            parts[at] = LABELS
            break
    beside = picture.with_suffix(".txt")
    return beside if beside.is_file() else root.joinpath(*parts)


def read_labels(path: Path, names: Mapping[int, str]) -> Annotation:
    """What one text file says; raises Unusable where that is not YOLO."""
    objects = []
    for at, text in enumerate(read_text(path).split("\n")):
        cells = text.split()
        if cells:
            objects.append(_drawn(cells, names, at + 1))
    return Annotation(objects, "fractions")


def _drawn(cells: list[str], names: Mapping[int, str], line: int) -> Drawn:
    try:
        label = names[int(cells[0])]
    except (ValueError, KeyError) as error:
        raise Unusable(
            f"has the class {shown(cells[0])}, and the numbers of classes are 0 to "
            f"{max(names)}; correct it",
            line,
            "unnamed",
        ) from error
    values = [number(cell, "a line", line) for cell in cells[1:]]
    return Drawn(label, _edges(values, line), line)


def _edges(values: list[float], line: int) -> Edges:
    if len(values) == 4:
        x, y, width, height = values
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2
    if len(values) >= 6 and len(values) % 2 == 0:  # the corners of an outline
        across, down = values[::2], values[1::2]
        return min(across), min(down), max(across), max(down)
    raise Unusable(
        f"has a line of {len(values) + 1} numbers, and a box has five; correct it",
        line,
        "unreadable",
    )


def class_names(root: Path) -> dict[int, str]:
    """The classes by their numbers, from ``data.yaml`` or a list of names, one a line.

    Raises LocalizerError where there is neither, or none that can be read.
    """
    files = [path for path in files_below(root) if len(path.relative_to(root).parts) <= 3]
    try:
        for path in files:
            if path.suffix in (".yaml", ".yml") and (found := _from_yaml(path)):
                return found
        for path in files:
            if path.name in NAME_FILES or path.suffix == ".names":
                lines = [line.strip() for line in read_text(path).split("\n")]
                rows = [(at, line) for at, line in enumerate(lines) if line]
                if rows:
                    return {at: label_of(line, "the list", at + 1) for at, line in rows}
    except Unusable as fault:
        raise LocalizerError(str(Fault(path, str(fault), fault.line))) from fault
    raise LocalizerError(
        f"{root} has YOLO's numbers and nothing that names the classes; put a data.yaml with "
        "names there, or a classes.txt with one name a line"
    )


def _from_yaml(path: Path) -> dict[int, str] | None:
    """The names in a YAML file; None where it is about something else."""
    import yaml

    try:
        content = yaml.safe_load(read_text(path))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise Unusable(
            f"is not readable YAML ({error.problem}); correct it",
            mark.line + 1 if mark is not None else None,
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unusable("is not readable YAML; correct it") from error
    names: Any = content.get("names") if isinstance(content, dict) else None
    if names is None:
        return None
    pairs = enumerate(names) if isinstance(names, list) else None
    if isinstance(names, dict):
        pairs = ((at, name) for at, name in names.items())  # type: ignore[assignment]
    if pairs is None or not names:
        raise Unusable(f"has the names {shown(names)}, and names are a list; correct it")
    found = {}
    for at, name in pairs:
        if isinstance(at, bool) or not isinstance(at, int):
            raise Unusable(f"has the class number {shown(at)}; correct it")
        # YAML makes numbers and truth values of names such as 7 and no
        found[at] = label_of(name if isinstance(name, str) else str(name), "names")
    return found
