"""The one door to people's data: what kind it is, what is in it, and what cannot be used."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.errors import LocalizerError
from edge.image import SUFFIXES
from train.example import Dataset, Example, Fault
from train.readers.annotation import Listing
from train.readers.class_folders import list_class_folders
from train.readers.coco import list_coco
from train.readers.label_studio import list_label_studio
from train.readers.pictures import passed_by
from train.readers.settle import Annotated, Objects, crowded, example_of, in_order, settled
from train.readers.sniff import FORMATS, Kind, recognized
from train.readers.tables import list_csv
from train.readers.voc import folders as voc_folders
from train.readers.voc import list_voc
from train.readers.yolo import list_yolo

Watch = Callable[[Iterable[Any]], Iterable[Any]]
"""Wraps the pictures on their way, to show progress."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Every picture of a folder with all its objects, and every file that was refused."""

    folder: Path
    data_format: str
    """One of FORMATS."""
    pictures: Sequence[Annotated]
    """Sorted by file name."""
    refused: Sequence[Fault]
    """Sorted by file name."""


def read_collection(
    data: Path, data_format: str | None = None, watch: Watch = lambda items: items
) -> Collection:
    """Everything that people said of the pictures in ``data``.

    data: a folder, or the one file that annotates the pictures around it.
    data_format: one of FORMATS; None looks at the data.
    Every picture is decoded once, so that a broken one is named here and not in the training.
    Raises LocalizerError where there is nothing to read, or no telling what it is.
    """
    if not os.path.exists(data):  # noqa: PTH110 a name that is too long raises in pathlib
        raise LocalizerError(
            f"{data} is not a folder or an annotation file; name the one of your labelled pictures"
        )
    kind = recognized(data, data_format)
    listing = _listing(kind)
    pictures: list[Annotated] = []
    place = voc_folders(kind.root)[0] if kind.data_format == "voc" else kind.root
    refused = [*kind.unread, *listing.faults, *passed_by(place)]
    for outcome in in_order(settled, listing.listed, watch):
        if isinstance(outcome, Fault):
            refused.append(outcome)
        else:
            pictures.append(outcome)
    return Collection(
        kind.root,
        kind.data_format,
        sorted(pictures, key=lambda picture: (picture.path.name, str(picture.path))),
        sorted(refused, key=lambda fault: (fault.path.name, str(fault.path), fault.line or 0)),
    )


def read_data(
    data: Path,
    data_format: str | None = None,
    objects: Objects = "largest",
    watch: Watch = lambda items: items,
) -> Dataset:
    """The pictures of ``data`` as examples of one object each, and the files that are none.

    data, data_format: as ``read_collection`` takes them.
    objects: which of several objects counts.
    Raises LocalizerError as ``read_collection`` does, and where no picture can be used.
    """
    return dataset_of(read_collection(data, data_format, watch), objects)


def dataset_of(collection: Collection, objects: Objects) -> Dataset:
    """One example of each picture; raises LocalizerError where there is none."""
    examples: list[Example] = []
    refused = list(collection.refused)
    several = 0
    for picture in collection.pictures:
        outcome = example_of(picture, objects)
        if isinstance(outcome, Fault):
            refused.append(outcome)
        else:
            examples.append(outcome)
            several += crowded(picture)
    if not examples:
        # a file that annotates many pictures explains them all
        refused.sort(key=lambda fault: fault.picture is not None)
        first = f", the first because {refused[0]}" if refused else ""
        raise LocalizerError(
            f"{collection.folder} holds no labelled picture that can be used ({len(refused)} files "
            f"refused{first}); put pictures ({', '.join(SUFFIXES)}) and Pascal VOC .xml files of "
            "the same names there, side by side or in images/ and annotations/, or one of "
            f"{', '.join(FORMATS[1:])}"
        )
    return Dataset(collection.folder, examples, refused, several, objects)


def _listing(kind: Kind) -> Listing:
    if kind.data_format == "coco":
        return list_coco(kind.files, kind.root)
    if kind.data_format == "label-studio":
        return list_label_studio(kind.files, kind.root)
    if kind.data_format == "csv":
        return list_csv(kind.files, kind.root)
    whole_folder = {"voc": list_voc, "yolo": list_yolo, "folders": list_class_folders}
    return whole_folder[kind.data_format](kind.root)
