"""COCO JSON: the whole set in one file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from train.writers.entry import Entry, pixels, whole

FILE = "annotations/instances.json"


def write_coco(folder: Path, entries: Sequence[Entry]) -> None:
    """Write ``folder/annotations/instances.json``; a class without a box has no ``bbox``."""
    labels = sorted({thing.label for entry in entries for thing in entry.things})
    numbers = {label: at for at, label in enumerate(labels, 1)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for at, entry in enumerate(entries, 1):
        images.append(
            {"id": at, "file_name": str(entry.name), "width": entry.width, "height": entry.height}
        )
        for thing in entry.things:
            row: dict[str, Any] = {
                "id": len(annotations) + 1,
                "image_id": at,
                "category_id": numbers[thing.label],
                "iscrowd": 0,
            }
            if thing.box is not None:
                left, top, right, bottom = pixels(thing.box, entry.width, entry.height)
                width, height = whole(right - left), whole(bottom - top)
                row |= {"bbox": [left, top, width, height], "area": width * height}
                row["segmentation"] = []
            annotations.append(row)
    categories = [{"id": numbers[name], "name": name, "supercategory": ""} for name in labels]
    parts = {"images": images, "annotations": annotations, "categories": categories}
    lists = [
        f'"{name}": [\n' + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]"
        for name, rows in parts.items()
    ]
    (folder / FILE).parent.mkdir(parents=True)
    (folder / FILE).write_text("{" + ",\n".join(lists) + "}\n", encoding="utf-8")
