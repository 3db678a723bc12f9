"""A labelled picture on disk, and what a reader found and refused."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.box import Box


@dataclass(frozen=True, slots=True)
class Example:
    """One picture with what a person saw in it.

    Box and label: the object and its place. A label alone: an object is there, nobody said where;
    it trains the class and nothing else. Neither: nothing is there.
    """

    path: Path
    box: Box | None
    """None where the picture holds no object, or nobody said where it is."""
    label: str | None
    """None exactly where the picture holds no object."""

    @property
    def name(self) -> str:
        """The file name, by which examples are sorted and split."""
        return self.path.name

    @property
    def empty(self) -> bool:
        """Whether a person said that the picture holds no object."""
        return self.label is None


def printable(text: str) -> str:
    """``text`` on one line of a terminal: what would break or steer it is escaped.

    Bytes of a file name that are not UTF-8 become ``\\xe9``, a line's end in it ``\\n``.
    """
    whole = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(
        ascii(letter)[1:-1] if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter
        for letter in whole
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """A file that was refused or deserves a second look."""

    path: Path
    rule: str
    """What is wrong and what to do, without the file's name."""
    line: int | None = None
    """Where in the file, counted from 1; None where it is about the file as a whole."""
    kind: str = "unusable"
    """A word that faults of one sort share, such as ``corrupt`` or ``outside``."""
    picture: Path | None = None
    """The picture that is left out for it; None where it costs no picture of the folder."""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line is not None else f"{self.path}"
        return printable(f"{place}: {self.rule}")


@dataclass(frozen=True, slots=True)
class Dataset:
    """Everything that a reader found in a folder."""

    folder: Path
    examples: Sequence[Example]
    """Sorted by file name."""
    refused: Sequence[Fault]
    """Files that were left out."""
    crowded: int = 0
    """Pictures with several objects, of which only one was kept."""
    kept: str = "largest"
    """Which of several objects: ``largest`` or ``first``."""

    def summary(self) -> str:
        """One sentence of what was found and what was refused."""
        counts = Counter(example.label for example in self.examples)
        empty = counts.pop(None, 0)
        classes = ", ".join(f"{label} {count}" for label, count in sorted(counts.items()) if label)
        parts = [f"{len(self.examples)} pictures ({classes or 'no object at all'})"]
        if empty:
            parts.append(f"{empty} of them empty")
        unplaced = sum(example.box is None and not example.empty for example in self.examples)
        if unplaced:
            parts.append(f"{unplaced} with a class and no box")
        if self.crowded:
            parts.append(f"{self.crowded} with several objects, of which the {self.kept} was kept")
        parts.append(f"{len(self.refused)} files refused")
        return f"{self.folder}: " + ", ".join(parts)


def labels_of(examples: Sequence[Example]) -> tuple[str, ...]:
    """The class names in ``examples``, sorted."""
    return tuple(sorted({example.label for example in examples if example.label is not None}))
