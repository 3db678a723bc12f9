"""Which format a folder of annotations is in, by looking at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.errors import LocalizerError
from edge.image import SUFFIXES
from train.example import Fault
from train.readers import class_folders
from train.readers.annotation import Unusable
from train.readers.pictures import files_below
from train.readers.tables import known_table, read_table
from train.readers.text import JsonFile, read_text
from train.readers.yolo import LABELS, text_of

FORMATS = ("voc", "coco", "yolo", "label-studio", "csv", "folders")
"""What can be read, by the names of ``--format``."""
_SUFFIXES = {".json": ("coco", "label-studio"), ".csv": ("csv",)}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a folder is, and the files that annotate it as a whole."""

    root: Path
    data_format: str
    files: Sequence[Path] = ()
    """Of formats that have one file for many pictures."""
    unread: Sequence[Fault] = ()
    """Files that may have been meant to annotate the pictures, and why they do not."""


def recognized(data: Path, data_format: str | None = None) -> Kind:
    """What the folder or annotation file ``data`` is; as ``data_format`` says, where it does.

    Raises LocalizerError where several formats fit, or the file is of none.
    """
    if data_format is not None and data_format not in FORMATS:
        raise LocalizerError(f"--format is one of {', '.join(FORMATS)}. Received: {data_format}")
    if data.is_file():
        return _of_file(data, data_format)
    files = files_below(data)
    if data_format is not None:
        suffixes = [suffix for suffix, names in _SUFFIXES.items() if data_format in names]
        candidates = [path for path in files if path.suffix.lower() in suffixes]
        if suffixes and not candidates:
            raise LocalizerError(
                f"{data} has no {suffixes[0]}, and --format {data_format} reads one; name another "
                "folder or format"
            )
        return Kind(data, data_format, _chosen(files, data_format) or candidates)
    found = {name: len(some) for name, some in _hints(data, files).items() if some}
    if len(found) > 1:
        told = ", ".join(f"{name} ({count} files)" for name, count in found.items())
        raise LocalizerError(
            f"{data} holds annotations of several formats: {told}; say which with --format"
        )
    if found:
        (name,) = found
        tables = [path for path in files if path.suffix.lower() == ".csv"] if name == "csv" else []
        return Kind(data, name, _chosen(files, name), unread=_faults(tables, _no_text))
    if class_folders.looks_so(data):
        return Kind(data, "folders")
    return Kind(data, "voc", unread=_faults(files, _of_no_kind))


def _faults(files: Sequence[Path], why: Callable[[Path], None]) -> list[Fault]:
    """What ``why`` raises of ``files``."""
    faults = []
    for path in files:
        try:
            why(path)
        except Unusable as fault:
            faults.append(Fault(path, str(fault), fault.line, fault.kind))
    return faults


def _no_text(path: Path) -> None:
    """Raise Unusable where ``path`` is no text."""
    read_text(path)


def _of_no_kind(path: Path) -> None:
    """Raise Unusable where ``path`` may have been meant to annotate pictures."""
    suffix = path.suffix.lower()
    if suffix == ".csv" and not read_table(path, most=1).rows:
        raise Unusable("has no line of a picture; export it again", kind="unreadable")
    if suffix != ".json":
        return
    content = JsonFile(path).content
    rows = content if isinstance(content, list) else [content]
    words = {"images", "annotations", "categories", "image", "data"}
    if any(isinstance(row, dict) and words & set(row) for row in rows):
        raise Unusable(
            "is neither COCO, an object with images and annotations, nor Label Studio's list of "
            "tasks with annotations; export it again",
            1,
            "unreadable",
        )


def _of_file(path: Path, data_format: str | None) -> Kind:
    fitting = _SUFFIXES.get(path.suffix.lower(), ())
    name = data_format or (_json_kind(path) if path.suffix.lower() == ".json" else None)
    if name is None and fitting == ("csv",):
        name = "csv"
    if name not in fitting:
        raise LocalizerError(
            f"{path} is no annotation file that can be read"
            + (f" as {data_format}" if data_format else "")
            + "; name a folder, a COCO or Label Studio .json, or a .csv"
        )
    folder = path.parent
    # COCO's own layout: the pictures lie beside the folder of their annotations
    root = folder.parent if folder.name.lower() == "annotations" else folder
    return Kind(root, name, (path,))


def _hints(data: Path, files: Sequence[Path]) -> dict[str, Sequence[Path]]:
    """The files that speak for each format."""
    json_files = [path for path in files if path.suffix.lower() == ".json"]
    kinds = [(path, _json_kind(path)) for path in json_files]
    texts = {path for path in files if path.suffix == ".txt"}
    pictures = [path for path in files if path.suffix.lower() in SUFFIXES] if texts else []
    return {
        "voc": [path for path in files if path.suffix.lower() == ".xml"],
        "coco": [path for path, kind in kinds if kind == "coco"],
        "yolo": [
            path
            for path in pictures
            if (text := text_of(path, data)) in texts
            and (LABELS in text.parts or text.stem not in ("classes", "train", "test", "val"))
        ],
        "label-studio": [path for path, kind in kinds if kind == "label-studio"],
        "csv": _chosen(files, "csv"),
    }


def _chosen(files: Sequence[Path], data_format: str) -> list[Path]:
    """Those of ``files`` that annotate many pictures in that format."""
    if data_format == "csv":
        return [path for path in files if path.suffix.lower() == ".csv" and known_table(path)]
    if data_format not in ("coco", "label-studio"):
        return []
    found = [
        path for path in files if path.suffix.lower() == ".json" and _json_kind(path) == data_format
    ]
    # COCO's own download has captions and key points of the same pictures beside the boxes
    boxes = [path for path in found if path.name.startswith("instances")]
    return boxes or found


def _json_kind(path: Path) -> str | None:
    """``coco`` or ``label-studio`` where the words of either stand in the file."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"{" and b'"images"' in data and b'"annotations"' in data:
        return "coco"
    spoken = any(word in data for word in (b'"annotations"', b'"completions"', b'labels"'))
    return "label-studio" if start == b"[" and spoken else None
