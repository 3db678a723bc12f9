"""Pascal VOC: one XML a picture, as LabelImg, CVAT, RectLabel and others write it."""

from __future__ import annotations

import os
import xml.sax
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.sax.handler import ContentHandler

import defusedxml.sax
from defusedxml.common import DefusedXmlException

from train.example import Fault
from train.readers.annotation import (
    Annotation,
    Drawn,
    Listed,
    Listing,
    Unusable,
    label_of,
    number,
    shown,
)
from train.readers.pictures import Pictures, files_below

PAIRS = (("images", "annotations"), ("JPEGImages", "Annotations"))
"""Folders of pictures and of their XML; elsewhere they lie side by side."""
_LINE = "line of the start tag"  # no XML attribute can have this name


def folders(root: Path) -> tuple[Path, Path]:
    """Where the pictures and where the annotations below ``root`` are."""
    for pictures, xml_files in PAIRS:
        if (root / pictures).is_dir() and (root / xml_files).is_dir():
            return root / pictures, root / xml_files
    return root, root


def list_voc(root: Path) -> Listing:
    """The pictures below ``root`` with the XML that belongs to each."""
    pictures_in, xml_in = folders(root)
    pictures = Pictures.below(pictures_in)
    listing = Listing()
    waiting: dict[str, Path] = {}
    for picture in pictures.paths:
        key = os.path.relpath(picture.with_suffix(""), pictures_in)
        if key in waiting:
            taken = waiting[key].name  # the first, which edge-train label shows as well
            rule = f"shares its stem with {taken}, which was taken; rename one of the two"
            listing.faults.append(Fault(picture, rule, kind="twin", picture=picture))
        waiting.setdefault(key, picture)
    orphans = []
    for path in (path for path in files_below(xml_in) if path.suffix.lower() == ".xml"):
        key = os.path.relpath(path.with_suffix(""), xml_in)
        if key in waiting:
            listing.listed.append(Listed(waiting.pop(key), path, partial(read_xml, path)))
        else:
            orphans.append(path)
    left = Pictures(waiting.values())
    for path in orphans:  # their pictures may lie in another folder
        try:
            picture = left.find(path.stem, path.parent)
            del waiting[os.path.relpath(picture.with_suffix(""), pictures_in)]
        except (Unusable, KeyError):
            listing.faults.append(
                Fault(path, f"has no picture {path.stem}.* in {pictures_in}; add it",
                      kind="no picture")
            )  # fmt: skip
        else:
            listing.listed.append(Listed(picture, path, partial(read_xml, path)))
    listing.faults += [
        Fault(
            picture,
            f"has no {picture.stem}.xml; label it, or give it an XML without objects",
            kind="unannotated",
            picture=picture,
        )
        for picture in waiting.values()
    ]
    return listing


def read_xml(path: Path) -> Annotation:
    """What one file says; raises Unusable where that is not Pascal VOC."""
    root = _tree(path)
    if root.tag == "annotations" and root.find("image") is not None:
        raise Unusable("is CVAT's own XML; export it as Pascal VOC 1.1", 1, "unreadable")
    if root.tag != "annotation" and root.find("annotation") is None:
        kind = shown(root.tag)[1:-1]
        raise Unusable(
            f"is <{kind}> and no Pascal VOC, which is <annotation>; export it again",
            1,
            "unreadable",
        )
    size = tuple(_number(root, f"size/{side}", 0.0) for side in ("width", "height"))
    objects = [_object(element) for element in root.iter("object")]
    return Annotation(objects, "pixels", (size[0], size[1]) if all(size) else None)


def _object(element: Element) -> Drawn:
    line = int(element.get(_LINE, "1"))
    label = label_of(element.findtext("name"), "<name>", line)
    if element.find("bndbox") is None:
        return Drawn(label, None, line)
    left, top, right, bottom = (
        _number(element, f"bndbox/{edge}") for edge in ("xmin", "ymin", "xmax", "ymax")
    )
    return Drawn(label, (left, top, right, bottom), line)


def _number(element: Element, where: str, missing: float | None = None) -> float:
    found = element.find(where)
    if found is None and missing is not None:
        return missing
    line = int((element if found is None else found).get(_LINE, "1"))
    if found is None:
        raise Unusable(f"has no {where}; draw the box again", line, "unreadable")
    text = found.text
    try:
        return number(text, where, line)
    except Unusable as fault:
        rule = f"has {shown(text)} where {where} should be a number of pixels; correct it"
        raise Unusable(rule, line, "unreadable") from fault


class _Tree(ContentHandler):
    """Builds elements that know their lines."""

    def __init__(self) -> None:
        super().__init__()
        self.builder = TreeBuilder()
        self._where: Any = None

    def setDocumentLocator(self, locator: Any) -> None:  # noqa: N802 the parser's name
        self._where = locator

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802
        self.builder.start(name, {_LINE: str(self._where.getLineNumber())})

    def endElement(self, name: str) -> None:  # noqa: N802
        self.builder.end(name)

    def characters(self, content: str) -> None:
        self.builder.data(content)


def _tree(path: Path) -> Element:
    handler = _Tree()
    try:
        with path.open("rb") as file:
            defusedxml.sax.parse(file, handler)
        return handler.builder.close()
    except xml.sax.SAXParseException as error:
        raise Unusable(
            f"is not readable XML ({error.getMessage()}); save the annotation again",
            error.getLineNumber(),
            "unreadable",
        ) from error
    except OSError as error:
        raise Unusable(
            f"cannot be read ({error.strerror}); check its rights", kind="unreadable"
        ) from error
    except (xml.sax.SAXException, DefusedXmlException, ValueError, LookupError) as error:
        raise Unusable(
            f"is not readable XML ({shown(str(error))}); save the annotation again",
            kind="unreadable",
        ) from error
