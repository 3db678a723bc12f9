"""CSV with boxes in fractions, the columns of the synthetic digits."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from train.writers.entry import IMAGES, Entry

COLUMNS = ("filename", "label", "xmin", "ymin", "xmax", "ymax")


def write_table(folder: Path, entries: Sequence[Entry]) -> None:
    """Write ``folder/boxes.csv``: a line an object, and one without a box for an empty picture."""
    with (folder / "boxes.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for entry in entries:
            name = f"{IMAGES}/{entry.name}"
            for thing in entry.things:
                edges = map(repr, thing.box.edges) if thing.box is not None else [""] * 4
                writer.writerow([name, thing.label, *edges])
            if not entry.things:
                writer.writerow([name, *[""] * 5])
