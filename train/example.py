"""A labelled picture on disk, and what a reader found and refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.box import Box


@dataclass(frozen=True, slots=True)
class Example:
    """One picture with what a person saw in it."""

    path: Path
    box: Box | None
    """None where the picture holds no object."""
    label: str | None
    """None exactly where ``box`` is."""

    @property
    def name(self) -> str:
        """The file name, by which examples are sorted and split."""
        return self.path.name


@dataclass(frozen=True, slots=True)
class Fault:
    """A file that was refused or deserves a second look."""

    path: Path
    rule: str
    """What is wrong and what to do, without the file's name."""

    def __str__(self) -> str:
        return f"{self.path}: {self.rule}"


@dataclass(frozen=True, slots=True)
class Dataset:
    """Everything that a reader found in a folder."""

    folder: Path
    examples: Sequence[Example]
    """Sorted by file name."""
    refused: Sequence[Fault]
    """Files that were left out."""
    crowded: int = 0
    """Pictures with several objects, of which only the largest was kept."""

    def summary(self) -> str:
        """One sentence of what was found and what was refused."""
        counts = Counter(example.label for example in self.examples)
        empty = counts.pop(None, 0)
        classes = ", ".join(f"{label} {count}" for label, count in sorted(counts.items()) if label)
        parts = [f"{len(self.examples)} pictures ({classes or 'no object at all'})"]
        if empty:
            parts.append(f"{empty} of them empty")
        if self.crowded:
            parts.append(f"{self.crowded} with several objects, of which the largest was kept")
        parts.append(f"{len(self.refused)} files refused")
        return f"{self.folder}: " + ", ".join(parts)


def labels_of(examples: Sequence[Example]) -> tuple[str, ...]:
    """The class names in ``examples``, sorted."""
    return tuple(sorted({example.label for example in examples if example.label is not None}))
