"""Boxes that a machine draws, for people to look through: doubtful ones first."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.beside import beside
from edge.box import Box
from edge.errors import LocalizerError
from edge.image import Image, read_image, resized
from edge.observation import Localization
from train.example import Fault
from train.models import open_model
from train.readers.pictures import Pictures, passed_by, unnameable

See = Callable[[Image], Localization | None]
"""The surest object in a picture; None where there is none."""

FACE = "face"
_LONGEST = 800  # pixels; larger pictures only cost time
_CASCADE = "haarcascade_frontalface_default.xml"
COLUMNS = ("filename", "x1", "y1", "x2", "y2", "label", "score")


@dataclass(frozen=True, slots=True)
class Labelled:
    """What came of a folder."""

    rows: Sequence[tuple[Path, Localization]]
    """The least sure first."""
    nothing: Sequence[Path]
    """Pictures in which nothing was found; no line says that nothing is there."""
    refused: Sequence[Fault]


def haar() -> See:
    """Faces by OpenCV's Haar cascade; the score is the last stage's weight, 0 to about 10.

    Raises LocalizerError where this OpenCV has none.
    """
    try:
        folder = cv2.data.haarcascades  # type: ignore[attr-defined]
        cascade = cv2.CascadeClassifier(str(Path(folder) / _CASCADE))
    except AttributeError:
        cascade = None
    if cascade is None or cascade.empty():
        raise LocalizerError(
            f"OpenCV {cv2.__version__} comes without {_CASCADE}; "
            "pip install 'opencv-python-headless<5'"
        )

    def see(image: Image) -> Localization | None:
        height, width = image.shape[:2]
        scale = min(_LONGEST / max(height, width), 1.0)
        small = resized(image, max(round(width * scale), 1), max(round(height * scale), 1))
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        boxes, _, weights = cascade.detectMultiScale3(
            grey, scaleFactor=1.1, minNeighbors=5, outputRejectLevels=True
        )
        if not len(boxes):
            return None
        surest = int(np.argmax(weights))
        left, top, across, down = (int(value) for value in boxes[surest])
        rows, columns = grey.shape
        edges = left / columns, top / rows, (left + across) / columns, (top + down) / rows
        return Localization(Box.spanned(edges), FACE, float(np.ravel(weights)[surest]))

    return see


def model(path: Path) -> See:
    """What a model of this project finds, as ``train.models.open_model`` takes it.

    The score is the presence times the label's. Raises LocalizerError where it is none.
    """
    localizer = open_model(path, closer=True).localize

    def see(image: Image) -> Localization | None:
        answer = localizer(image)
        if answer.found is None:
            return None
        found = answer.found
        return Localization(found.box, found.label, answer.presence * found.score)

    return see


def autolabel(
    folder: Path,
    see: See,
    out: Path,
    watch: Callable[[Iterable[Path]], Iterable[Path]] = lambda paths: paths,
) -> Labelled:
    """Write the CSV ``out`` with what ``see`` finds in the pictures below ``folder``.

    Its columns are COLUMNS, boxes in pixels, the doubtful lines first. Pictures without a find get
    no line, so that readers list them as not annotated.
    Raises LocalizerError where there is no picture, or nothing was found at all.
    """
    if not folder.is_dir():
        raise LocalizerError(f"{folder} is not a folder; name the one of your pictures")
    if not out.parent.is_dir():  # told before the work
        raise LocalizerError(f"{out.parent} is not a folder; make it, or name another for {out}")
    rows: list[tuple[Path, Localization, tuple[int, int]]] = []
    nothing: list[Path] = []
    refused = passed_by(folder)
    for path in watch(Pictures.below(folder).paths):
        if (why := unnameable(path)) is not None:
            refused.append(Fault(path, why, kind="corrupt", picture=path))
            continue
        try:
            image = read_image(path)
        except LocalizerError as error:
            rule = str(error).removeprefix(f"{path} ")
            refused.append(Fault(path, rule, kind="corrupt", picture=path))
            continue
        found = see(image)
        if found is None:
            nothing.append(path)
        else:
            rows.append((path, found, (image.shape[1], image.shape[0])))
    if not rows:
        raise LocalizerError(
            f"nothing was found in {folder} ({len(nothing)} pictures, {len(refused)} more that "
            "cannot be read); name another folder, or another --with"
        )
    rows.sort(key=lambda row: row[1].score)
    _write(out, rows)
    return Labelled([(path, found) for path, found, _ in rows], nothing, refused)


def _write(out: Path, rows: Sequence[tuple[Path, Localization, tuple[int, int]]]) -> None:
    try:
        with beside(out) as part, part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for path, found, (width, height) in rows:
                name = os.path.relpath(path, out.parent)
                scale = (width, height, width, height)
                edges = [
                    f"{edge * side:.2f}" for edge, side in zip(found.box.edges, scale, strict=True)
                ]
                writer.writerow([name, *edges, found.label, f"{found.score:.4f}"])
    except OSError as error:
        raise LocalizerError(f"{out} cannot be written: {error.strerror}; name another") from error
