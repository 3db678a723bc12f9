"""Pascal VOC: one XML a picture, side by side or in ``images/`` and ``annotations/``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from edge.box import Box
from edge.errors import LocalizerError
from edge.image import SUFFIXES, picture_paths, read_image
from train.example import Dataset, Example, Fault

_SLACK = 1.0  # pixels: tools that count from 1 write the last column as the picture's width


class Refused(Exception):
    """One file cannot be used; the text says why and what to do."""


def read_voc(
    folder: Path, watch: Callable[[Iterable[Path]], Iterable[Path]] = lambda paths: paths
) -> Dataset:
    """The pictures of ``folder`` whose annotation can be used, and the files that cannot.

    watch: wraps the annotations on their way, to show progress.
    Every picture is decoded once, so that a broken one is named here and not in the training.
    Raises LocalizerError where there is no folder, or nothing useful in it.
    """
    if not folder.is_dir():
        raise LocalizerError(f"{folder} is not a folder; name the one with your labelled pictures")
    pictures_in, xml_in = folder / "images", folder / "annotations"
    if not (pictures_in.is_dir() and xml_in.is_dir()):
        pictures_in = xml_in = folder
    pictures = {path.stem: path for path in picture_paths(pictures_in)}
    annotations = sorted(xml_in.glob("*.xml"), key=lambda path: path.name)
    refused = _twins(picture_paths(pictures_in))
    examples, crowded = [], 0
    for annotation in watch(annotations):
        picture = pictures.pop(annotation.stem, None)
        if picture is None:
            refused.append(
                Fault(annotation, f"has no picture {annotation.stem}.* in {pictures_in}; add it")
            )
            continue
        try:
            example, objects = _read_one(annotation, picture)
        except Refused as fault:
            refused.append(Fault(annotation, str(fault)))
        except LocalizerError as fault:
            refused.append(Fault(picture, str(fault).removeprefix(f"{picture} ")))
        else:
            examples.append(example)
            crowded += objects > 1
    refused += [
        Fault(picture, f"has no {stem}.xml; label it, or give it an XML without objects")
        for stem, picture in pictures.items()
    ]
    refused.sort(key=lambda fault: fault.path.name)
    if not examples:
        first = f", the first because {refused[0]}" if refused else ""
        raise LocalizerError(
            f"{folder} holds no labelled picture that can be used ({len(refused)} files refused"
            f"{first}); put pictures ({', '.join(SUFFIXES)}) and Pascal VOC .xml files of the same "
            "names there, side by side or in images/ and annotations/"
        )
    examples.sort(key=lambda example: example.name)
    return Dataset(folder, examples, refused, crowded)


def _twins(pictures: Iterable[Path]) -> list[Fault]:
    """Pictures that differ in nothing but their suffix: one XML cannot belong to both."""
    first: dict[str, Path] = {}
    faults = []
    for path in pictures:
        if path.stem in first:
            rule = f"shares its stem with {path.name}, which was taken; rename one of the two"
            faults.append(Fault(first[path.stem], rule))
        first[path.stem] = path
    return faults


def _read_one(annotation: Path, picture: Path) -> tuple[Example, int]:
    """The example, and how many objects its XML holds."""
    try:
        root = ElementTree.parse(annotation).getroot()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Refused(f"is not readable XML ({error}); save the annotation again") from error
    except OSError as error:
        raise Refused(f"cannot be read ({error.strerror}); check its rights") from error
    height, width = read_image(picture).shape[:2]
    said = (_number(root, "size/width", 0.0), _number(root, "size/height", 0.0))
    if all(said) and said != (width, height):
        raise Refused(
            f"says the picture is {said[0]:g}x{said[1]:g} but upright it is {width}x{height}; "
            "label it again as it is seen upright"
        )
    objects = [_object(element, width, height) for element in root.iter("object")]
    if not objects:
        return Example(picture, None, None), 0
    label, box = max(objects, key=lambda labelled: labelled[1].area)
    return Example(picture, box, label), len(objects)


def _object(element: Any, width: int, height: int) -> tuple[str, Box]:
    label = (element.findtext("name") or "").strip()
    if not label:
        raise Refused("has an object without a name; name it")
    left, top, right, bottom = (
        _number(element, f"bndbox/{edge}") for edge in ("xmin", "ymin", "xmax", "ymax")
    )
    said = f"({left:g}, {top:g}, {right:g}, {bottom:g})"
    if left >= right or top >= bottom:
        raise Refused(f"has the inverted or empty box {said}; draw it again")
    if min(left, top) < -_SLACK or right > width + _SLACK or bottom > height + _SLACK:
        raise Refused(f"has the box {said} outside its {width}x{height} picture; draw it again")
    return label, Box(left / width, top / height, right / width, bottom / height).clipped()


def _number(element: Any, where: str, missing: float | None = None) -> float:
    text = element.findtext(where)
    if text is None and missing is not None:
        return missing
    try:
        number = float(text)
    except (TypeError, ValueError):
        number = float("nan")
    if not abs(number) < 1e6:
        raise Refused(f"has {text!r} where {where} should be a number of pixels; correct it")
    return number
