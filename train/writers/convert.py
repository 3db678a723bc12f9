"""A set of labelled pictures moved to another format, and read back to prove it."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from edge.errors import LocalizerError
from train.example import printable
from train.readers.data import Collection, Watch, read_collection
from train.readers.settle import Annotated, Thing
from train.readers.voc import PAIRS
from train.run_folder import new_folder
from train.writers.coco import write_coco
from train.writers.entry import IMAGES, Entry
from train.writers.table import write_table
from train.writers.voc import write_voc
from train.writers.yolo import write_yolo

WRITERS: dict[str, Callable[[Path, Sequence[Entry]], None]] = {
    "voc": write_voc,
    "coco": write_coco,
    "yolo": write_yolo,
    "csv": write_table,
}
"""What can be written, by the names of ``--to``."""
_NEAR = 1e-9  # of the picture: what numbers lose when they are divided and multiplied again


def write_collection(
    found: Collection, out: Path, to: str, watch: Watch = lambda items: items
) -> None:
    """Make the folder ``out``: copies of the pictures, and all their objects in the format ``to``.

    The new set is read back and compared before it gets its name.
    Raises LocalizerError where the format cannot say all, or ``out`` exists.
    """
    if not found.pictures:
        raise LocalizerError(f"{found.folder} holds no labelled picture that can be moved")
    entries = {_name(found.folder, picture.path): picture for picture in found.pictures}
    _refuse_losses(found, list(entries), to)
    rows = [
        Entry(name, picture.look.width, picture.look.height, picture.things)
        for name, picture in entries.items()
    ]
    with new_folder(out) as folder:
        for name, picture in watch(list(entries.items())):
            target = folder / IMAGES / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(picture.path, target)
        WRITERS[to](folder, rows)
        _compare(entries, read_collection(folder, to), folder)


def _name(root: Path, picture: Path) -> PurePosixPath:
    """The path of a picture in the new set: as in the old one, without its folders ``images``."""
    if not picture.is_relative_to(root):
        return PurePosixPath(picture.name)
    images = {pair[0] for pair in PAIRS}
    parts = picture.relative_to(root).parts
    return PurePosixPath(*(part for part in parts[:-1] if part not in images), parts[-1])


def _refuse_losses(found: Collection, names: Sequence[PurePosixPath], to: str) -> None:
    """Raise LocalizerError where the new set could not hold everything."""
    if len(names) < len(found.pictures):
        raise LocalizerError(
            f"{found.folder} has {len(found.pictures) - len(names)} pictures whose names are taken "
            "in the new set; give every picture a name of its own"
        )
    stems = [name.with_suffix("") for name in names]
    if to in ("voc", "yolo") and len(set(stems)) < len(stems):
        counts = Counter(stems)
        twin = next(name for name in names if counts[name.with_suffix("")] > 1)
        raise LocalizerError(
            f"{twin} shares its stem with another picture, and {to} has one file a stem; rename "
            "one of the two, or use --to coco or csv"
        )
    unplaced = [p for p in found.pictures if any(thing.box is None for thing in p.things)]
    if to == "yolo" and unplaced:
        raise LocalizerError(
            f"{unplaced[0].path} has a class and no box (as have {len(unplaced)} pictures in all), "
            "and YOLO cannot say that; use --to voc, coco or csv"
        )


def _compare(entries: dict[PurePosixPath, Annotated], again: Collection, folder: Path) -> None:
    """Raise LocalizerError where what was written does not say what was read."""
    told = {
        PurePosixPath(picture.path.relative_to(folder / IMAGES).as_posix()): picture
        for picture in again.pictures
    }
    for name, picture in entries.items():
        other = told.get(name)
        if (
            other is None
            or other.look.digest != picture.look.digest
            or len(other.things) != len(picture.things)
            or not all(map(_same, picture.things, other.things))
        ):
            why = next((str(f.rule) for f in again.refused if f.picture == folder / IMAGES / name),
                       "its objects differ")  # fmt: skip
            raise LocalizerError(
                f"{printable(str(picture.path))} would not be the same in the new set ({why}), so "
                "that was not written; use another --to"
            )


def _same(one: Thing, other: Thing) -> bool:
    if one.label != other.label or (one.box is None) != (other.box is None):
        return False
    if one.box is None or other.box is None:
        return True
    apart = zip(one.box.edges, other.box.edges, strict=True)
    return all(abs(here - there) < _NEAR for here, there in apart)
