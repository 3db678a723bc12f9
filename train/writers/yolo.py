"""YOLO: one text file a picture, and the names of the classes in ``data.yaml``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from train.readers.yolo import LABELS
from train.writers.entry import IMAGES, Entry


def write_yolo(folder: Path, entries: Sequence[Entry]) -> None:
    """Write ``folder/labels`` and ``folder/data.yaml``; every object has a box."""
    import yaml

    labels = sorted({thing.label for entry in entries for thing in entry.things})
    for entry in entries:
        path = folder / LABELS / entry.name.with_suffix(".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = []
        for thing in entry.things:
            box = thing.box
            assert box is not None
            middle = (box.left + box.right) / 2, (box.top + box.bottom) / 2
            numbers = (*middle, box.width, box.height)
            lines.append(" ".join(map(repr, (labels.index(thing.label), *numbers))) + "\n")
        path.write_text("".join(lines))
    names = dict(enumerate(labels)) or {0: "object"}
    content = {"path": ".", "train": IMAGES, "val": IMAGES, "names": names}
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    (folder / "data.yaml").write_text(text, encoding="utf-8")
