"""Folders as labels: ``DIR/cat/1.jpg`` shows a cat, nobody said where."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from train.example import Fault
from train.readers.annotation import Annotation, Drawn, Listed, Listing, label_of
from train.readers.pictures import Pictures


def list_class_folders(root: Path) -> Listing:
    """The pictures below ``root``, each with the name of its folder as its class."""
    listing = Listing()
    for picture in Pictures.below(root).paths:
        if picture.parent == root:
            rule = "lies in no folder that names its class; move it into one"
            listing.faults.append(Fault(picture, rule, kind="unannotated", picture=picture))
        else:
            listing.listed.append(Listed(picture, picture, partial(_class_of, picture)))
    return listing


def _class_of(picture: Path) -> Annotation:
    return Annotation([Drawn(label_of(picture.parent.name, "its folder"), None)], "pixels")


def looks_so(root: Path) -> bool:
    """Whether ``root`` holds pictures in two or more folders and none beside them."""
    folders = {picture.parent for picture in Pictures.below(root).paths}
    return len(folders) > 1 and root not in folders
