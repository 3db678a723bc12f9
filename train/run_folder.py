"""RUN: the folder that a training leaves, and that the conversion takes up."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from edge.box import Box
from edge.card import DECODE_KINDS, EDGE_MAPS, Card
from edge.errors import LocalizerError
from train.backbones import DEFAULT
from train.example import Example
from train.recipe import Recipe
from train.split import Split

MODEL, NOTES = "model.keras", "run.json"


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder that becomes ``out`` when the block ends well, and vanishes when it fails."""
    refuse_existing(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise LocalizerError(f"{out} cannot be made: {error.strerror}; name another") from error
    try:
        yield beside
        beside.chmod(0o755)
        refuse_existing(out)
        beside.rename(out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def writing_into(out: Path) -> Iterator[None]:
    """A block that writes into ``out``; a full or read-only disk becomes a LocalizerError."""
    try:
        yield
    except OSError as error:
        raise LocalizerError(
            f"{out} cannot be written: {error.strerror}; make room or name another place"
        ) from error


def refuse_existing(out: Path) -> None:
    """Raise LocalizerError where ``out`` exists: nothing that a user made is overwritten."""
    if os.path.lexists(out):  # a link to nowhere is something as well; no long name raises
        raise LocalizerError(f"{out} exists and is not overwritten; name another or move it away")


def digest(path: Path) -> str:
    """The SHA-256 of a file, as hexadecimal text."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def listed(data: Path, examples: Sequence[Example]) -> list[dict[str, Any]]:
    """Each picture's path below ``data``, its hash, and what a person saw in it."""
    return [
        {
            "path": _below(data, example.path),
            "sha256": digest(example.path),
            "label": example.label,
            "box": list(example.box.edges) if example.box is not None else None,
        }
        for example in examples
    ]


def _below(data: Path, path: Path) -> str:
    """``path`` from ``data`` on; whole where it lies elsewhere, as a folder of negatives may."""
    return str(path.relative_to(data) if path.is_relative_to(data) else path.resolve())


def notes_of(
    data: Path, lists: Split, labels: Sequence[str], settings: dict[str, Any]
) -> dict[str, Any]:
    """What RUN keeps beside its model: enough to find and recognize every picture again."""
    return {
        "data": str(data.resolve()),
        "labels": list(labels),
        "settings": settings,
        "train": listed(data, lists.train),
        "validation": listed(data, lists.validation),
        "held_out": listed(data, lists.held_out),
    }


LISTS = ("train", "validation", "held_out")


def versions() -> dict[str, str]:
    """The packages whose version may change a result."""
    names = ("edge-localizer", "tensorflow", "keras", "numpy", "opencv-python-headless")
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def data_digest(notes: Mapping[str, Any]) -> str:
    """The SHA-256 of the lists of pictures in ``notes``."""
    lists = {name: notes[name] for name in LISTS}
    return hashlib.sha256(json.dumps(lists, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Run:
    """A finished training on disk."""

    folder: Path
    data: Path
    """The folder that its pictures lie in."""
    card: Card
    settings: Mapping[str, Any]
    """The options of its training."""
    recipe: Recipe
    lists: dict[str, list[dict[str, Any]]]
    """``train``, ``validation``, ``held_out``: rows as ``listed`` makes them."""

    @property
    def model(self) -> Path:
        return self.folder / MODEL

    @property
    def backbone(self) -> str:
        """What its network looks at pictures with; one of ``train.backbones.BACKBONES``."""
        return str(self.settings.get("backbone", DEFAULT))

    def examples(self, which: str) -> list[Example]:
        """The examples of a list; raises LocalizerError where a picture is gone or changed."""
        pictures = [self._picture(row["path"]) for row in self.lists[which]]
        gone = [picture for picture in pictures if not picture.is_file()]
        if gone:
            raise LocalizerError(
                f"{_first_of(gone, pictures)} is gone, but {self.folder} was trained with it; "
                "put it back, or name the folder that the pictures moved to with --data"
            )
        rows = list(zip(pictures, self.lists[which], strict=True))
        other = [picture for picture, row in rows if digest(picture) != row["sha256"]]
        if other:
            raise LocalizerError(
                f"{_first_of(other, pictures)} is not the picture that {self.folder} was trained "
                "with; put it back or train again"
            )
        return [
            Example(picture, Box(*row["box"]) if row["box"] is not None else None, row["label"])
            for picture, row in rows
        ]

    @property
    def data_digest(self) -> str:
        """The SHA-256 of what is known of all pictures: lists, paths, hashes, boxes, labels."""
        return data_digest(self.lists)

    def _picture(self, path: str) -> Path:
        """Where a listed picture lies; one that moved may lie in the data folder itself."""
        whole, flat = self.data / path, self.data / Path(path).name
        return flat if flat.is_file() and not whole.is_file() else whole


def _first_of(some: Sequence[Path], everything: Sequence[Path]) -> str:
    """The first of ``some``, and how many of ``everything`` they are."""
    if len(some) == 1:
        return str(some[0])
    return f"{some[0]} (with {len(some) - 1} more of {len(everything)})"


def load_run(folder: Path, data: Path | None = None) -> Run:
    """The run in ``folder``; raises LocalizerError where it holds no finished training.

    data: the folder that its pictures moved to, if they did.
    """
    path = folder / NOTES
    for needed in (path, folder / MODEL):
        if not needed.is_file():
            raise LocalizerError(
                f"{folder} has no {needed.name}, so it is no finished training; "
                "make one with edge-train fit"
            )
    try:
        notes = json.loads(path.read_text())
        settings = notes["settings"]
        if settings.get("heads") == "class":
            raise LocalizerError(
                f"{folder} is a classifier, which tells classes and finds no box; give its {MODEL} "
                "to edge-train fit --preset snacks --classifier"
            )
        card = Card(
            width=int(settings["size"]),
            height=int(settings["size"]),
            labels=tuple(notes["labels"]),
            decode=str(notes.get("decode", EDGE_MAPS)),  # older runs do not say it
            presence_threshold=float(notes["presence_threshold"]),
        )
        if card.decode not in DECODE_KINDS:
            raise ValueError(f"decode is one of {DECODE_KINDS}. Received: {card.decode!r}")
        lists = {name: list(notes[name]) for name in LISTS}
        recipe = Recipe(**notes["recipe"])
        return Run(folder, data or Path(notes["data"]), card, settings, recipe, lists)
    except (ValueError, KeyError, TypeError) as error:
        raise LocalizerError(
            f"{path} is damaged ({type(error).__name__}: {error}); train again"
        ) from error
