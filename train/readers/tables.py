"""CSV: the tables that the published localizers came with, told apart by their columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from train.example import Fault
from train.readers.annotation import (
    UNNAMED,
    Annotation,
    Drawn,
    Edges,
    Listed,
    Listing,
    Unit,
    Unusable,
    label_of,
    number,
    shown,
)
from train.readers.pictures import Pictures
from train.readers.text import read_text

Row = tuple[int, list[str]]
"""A line's number and its cells."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What the columns of a table are called."""

    file: str
    edges: tuple[str, ...]
    """Left, top, right, bottom; or one column with a list of the four."""
    label: str | None
    unit: Unit
    folder: str | None = None
    """The folder that the file's name is completed by."""
    size: tuple[str, str] | None = None
    """Width and height of the picture in pixels, which a table may leave out."""

    @property
    def needed(self) -> set[str]:
        """The names by which a table's first line is recognized, in lower case."""
        return {name for name in (self.file, *self.edges, self.folder) if name is not None}


KINDS = {
    "open images": Kind(
        "image_id", ("x_min", "y_min", "x_max", "y_max"), "class_name", "fractions", "folder"
    ),
    "annotator": Kind("image", ("xmin", "ymin", "xmax", "ymax"), "name", "pixels"),
    "tensorflow": Kind(
        "filename", ("xmin", "ymin", "xmax", "ymax"), "class", "pixels", size=("width", "height")
    ),
    "digits": Kind("filename", ("xmin", "ymin", "xmax", "ymax"), "label", "fractions"),
    "pixels": Kind("filename", ("x1", "y1", "x2", "y2"), "label", "pixels"),
    "list": Kind("path", ("box",), None, "pixels"),
}
_LIST = re.compile(r"\s*\[([^\[\]]*)\]\s*")


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV with known columns."""

    path: Path
    kind: Kind
    columns: Mapping[str, int]
    """Where each named column is."""
    rows: Sequence[Row]
    width: int
    """Cells that a line has."""


def list_csv(files: Sequence[Path], root: Path) -> Listing:
    """The pictures below ``root`` that the tables ``files`` speak of, several lines each."""
    pictures, listing = Pictures.below(root), Listing()
    taken: dict[Path, Path] = {}
    for path in files:
        try:
            table = read_table(path)
        except Unusable as fault:
            listing.faults.append(Fault(path, str(fault), fault.line, fault.kind))
            continue
        grouped: dict[Path, list[Row]] = {}
        missing: set[str] = set()
        for line, cells in table.rows:
            name = _file_of(cells, table)
            try:
                picture = pictures.find(name, path.parent, line)
            except Unusable as fault:
                if name not in missing:
                    listing.faults.append(Fault(path, str(fault), line, fault.kind))
                missing.add(name)
                continue
            if taken.setdefault(picture, path) != path:
                rule = (
                    f"has {picture.name} again, which {taken[picture].name} already has; keep one"
                )
                if picture not in grouped:
                    listing.faults.append(Fault(path, rule, line, "twice"))
                grouped.setdefault(picture, [])
                continue
            grouped.setdefault(picture, []).append((line, cells))
        listing.listed += [
            Listed(picture, path, partial(_annotation, rows, table), rows[0][0])
            for picture, rows in grouped.items()
            if rows
        ]
    names = ", ".join(path.name for path in files)
    listing.faults += [
        Fault(picture, f"is in no line of {names}; label it, or give it a line without a box",
              kind="unannotated", picture=picture)
        for picture in pictures.paths
        if picture not in taken
    ]  # fmt: skip
    return listing


def known_table(path: Path) -> bool:
    """Whether the first lines of ``path`` are a table that can be read."""
    try:
        return bool(read_table(path, most=1).rows)
    except Unusable:
        return False


def read_table(path: Path, most: int | None = None) -> Table:
    """The lines of ``path``, at most ``most``; raises Unusable where its columns are unknown."""
    text = read_text(path)
    first = text.split("\n", 1)[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=";" if ";" in first and "," not in first else ","
    )
    rows: list[Row] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, cells))
            if most is not None and len(rows) > most:
                break
    except csv.Error as error:
        raise Unusable(
            f"is not readable CSV ({error}); save it again", reader.line_num, "unreadable"
        ) from error
    if not rows:
        raise Unusable("is empty; export it again", kind="unreadable")
    head = [cell.strip().lower() for cell in rows[0][1]]
    for kind in KINDS.values():
        if kind.needed <= set(head) and (kind.label is None or _has_label(kind, head)):
            named = (*kind.needed, kind.label, *(kind.size or ()))
            columns = {name: head.index(name) for name in named if name in head}
            return Table(path, kind, columns, rows[1:], len(head))
    listed = _list_table(path, rows)
    if listed is not None:
        return listed
    name = _headless(rows)
    if name is None:
        raise Unusable(
            f"has the columns {shown(', '.join(head))}, which are none that are known; known are "
            + "; ".join(", ".join(_told(kind)) for kind in KINDS.values()),
            rows[0][0],
            "unreadable",
        )
    kind = KINDS[name]
    between = [kind.label] if kind.label is not None else []
    order = [kind.file, *between, *kind.edges] if name == "digits" else [*_told(kind)]
    return Table(path, kind, {n: at for at, n in enumerate(order)}, rows, len(rows[0][1]))


def _told(kind: Kind) -> list[str]:
    return [n for n in (kind.file, *kind.edges, kind.label, kind.folder) if n is not None]


def _has_label(kind: Kind, head: Sequence[str]) -> bool:
    """Whether the columns that share their edges' names with others' are of this kind."""
    return kind.label in head or kind.edges[0] == "x1"


def _headless(rows: Sequence[Row]) -> str | None:
    """The kind of a table whose first line is data already."""
    cells = rows[0][1]
    if len(cells) == 6:
        sample = [row[2:6] for _, row in rows[:50] if len(row) == 6]
        if _numbers(cells[2:6], 1.01) and all(_numbers(row, 1.01, True) for row in sample):
            return "digits"
    if len(cells) in (5, 6) and _numbers(cells[1:5], 1e6):
        return "pixels"
    return "digits" if len(cells) == 6 and _numbers(cells[2:6], 1e6) else None


def _numbers(cells: Sequence[str], most: float, or_empty: bool = False) -> bool:
    if or_empty and not any(cell.strip() for cell in cells):
        return True
    try:
        return all(abs(number(cell, "")) <= most for cell in cells)
    except Unusable:
        return False


def _list_table(path: Path, rows: Sequence[Row]) -> Table | None:
    """A table with a path and the four numbers of a box in one cell, as pandas writes lists."""
    for line in rows[:2]:
        for at, cell in enumerate(line[1]):
            others = [n for n, other in enumerate(line[1]) if n != at and "." in other]
            if _LIST.fullmatch(cell) and others:
                body = rows if line is rows[0] else rows[1:]
                columns = {"path": others[0], "box": at}
                return Table(path, KINDS["list"], columns, body, len(line[1]))
    return None


def _file_of(cells: Sequence[str], table: Table) -> str:
    """The picture's name in a line, completed by its folder; empty where there is none."""
    kind = table.kind

    def cell(name: str) -> str:
        at = table.columns[name]
        return cells[at].strip() if at < len(cells) else ""

    name = cell(kind.file)
    folder = cell(kind.folder) if kind.folder is not None else ""
    return f"{folder}/{name}" if folder and name else name


def _annotation(rows: Sequence[Row], table: Table) -> Annotation:
    """What the lines of one picture say; raises Unusable for the first that says nothing."""
    objects = [drawn for line, cells in rows if (drawn := _drawn(line, cells, table)) is not None]
    return Annotation(objects, table.kind.unit, _size(rows, table))


def _size(rows: Sequence[Row], table: Table) -> tuple[float, float] | None:
    """The picture's width and height, where its lines say them; raises Unusable for two sizes."""
    sides = [table.columns.get(name) for name in table.kind.size or ()]
    found: tuple[float, float] | None = None
    for line, cells in rows:
        told = [cells[at].strip() for at in sides if at is not None and at < len(cells)]
        if len(told) < 2 or not all(told):
            continue
        size = number(told[0], "width", line), number(told[1], "height", line)
        if found not in (None, size):
            rule = f"says two sizes of one picture, {size[0]:g}x{size[1]:g} the second; correct it"
            raise Unusable(rule, line, "size")
        found = size
    return found


def _drawn(line: int, cells: Sequence[str], table: Table) -> Drawn | None:
    kind = table.kind
    if len(cells) != table.width:
        raise Unusable(
            f"has {len(cells)} cells in a line and {table.width} in the first; correct it",
            line,
            "unreadable",
        )
    named = {name: cells[at].strip() for name, at in table.columns.items() if at < len(cells)}
    edges = _edges([named[name] for name in kind.edges], kind, line)
    label = named.get(kind.label or "")
    if edges is None and not label:
        return None
    text = UNNAMED if label is None else label
    return Drawn(label_of(text, f"the column {kind.label}", line), edges, line)


def _edges(cells: list[str], kind: Kind, line: int) -> Edges | None:
    if len(cells) == 1:
        match = _LIST.fullmatch(cells[0])
        if cells[0] and match is None:
            rule = f"has {shown(cells[0])} where a list of four numbers should be; correct it"
            raise Unusable(rule, line, "unreadable")
        cells = re.split(r"[,\s]+", match[1].strip()) if match is not None else []
        cells = [cell for cell in cells if cell]
        if len(cells) not in (0, 4):
            rule = f"has a box of {len(cells)} numbers, and a box has four; correct it"
            raise Unusable(rule, line, "unreadable")
    if not any(cells):
        return None
    names = kind.edges if len(kind.edges) == 4 else ("left", "top", "right", "bottom")
    left, top, right, bottom = (
        number(cell, name, line) for cell, name in zip(cells, names, strict=True)
    )
    return left, top, right, bottom
