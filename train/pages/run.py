"""RUN's own page: how the training went, what it made, and where it is weak."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from train.epochs import History
from train.pages.charts import curves
from train.pages.evaluation import facts_table, measured
from train.pages.network import network_drawing
from train.pages.page import chart, charts, page
from train.presence import Presence
from train.recipe import Recipe
from train.report import Answered
from train.run_folder import LISTS, data_digest, digest

_NAMES = {
    "loss": "loss",
    "bbox_iou": "mean IoU",
    "label_accuracy": "class right",
    "maps_loss": "loss of the box",
    "bbox_loss": "loss of the box",
    "label_loss": "loss of the class",
    "presence_loss": "loss of the presence",
    "cells_loss": "loss of the presence in each cell",
}
_NOT_DRAWN = {"epoch", "seconds", "stage"}


def run_page(
    title: str,
    pairs: Sequence[Answered],
    history: History,
    model: Any,
    facts: Mapping[str, Any],
) -> str:
    """The whole page.

    pairs: the held-out pictures with the float model's answers. model: of Keras.
    facts: what the figures come from, by name: hashes, options, versions.
    """
    network = (
        "<h2>The network</h2>\n"
        f'<p class="note">{model.count_params():,} weights, from the pixels down; layers of one '
        f"resolution stand together.</p>\n{network_drawing(model)}"
    )
    course = f"<h2>The training</h2>\n{training_curves(history)}"
    return page(title, f"{measured(pairs, course)}\n{network}\n{facts_table(facts)}")


def provenance(
    model: Path, notes: Mapping[str, Any], recipe: Recipe, presence: Presence, seconds: float
) -> dict[str, Any]:
    """What the figures of a run come from, by name.

    model: the file. notes: what RUN keeps beside it. presence: the threshold and what it costs.
    seconds: of the training.
    """
    chosen = {name: value for name, value in notes["settings"].items() if value is not None}
    return {
        "model, SHA-256": digest(model),
        "pictures and labels, SHA-256": data_digest(notes),
        "data": notes["data"],
        "pictures": {name.replace("_", " "): len(notes[name]) for name in LISTS},
        "classes": notes["labels"],
        "options": chosen,
        "schedule": asdict(recipe),
        "presence threshold": str(presence),
        "training": f"{seconds:.0f} s on {platform.machine()}, Keras on {notes['backend']}",
        "versions": notes["versions"] | {"python": platform.python_version()},
    }


def training_curves(history: History) -> str:
    """A chart for each figure that the training told, the loss first."""
    keys = list(dict.fromkeys(key for row in history.rows for key in row))
    figures = [key for key in keys if key not in _NOT_DRAWN and not key.startswith("val_")]
    figures.sort(key=lambda key: list(_NAMES).index(key) if key in _NAMES else len(_NAMES))
    epochs = [row["epoch"] for row in history.rows]
    drawn = []
    for key in figures:
        lines = {"training": [row.get(key, math.nan) for row in history.rows]}
        if f"val_{key}" in keys:
            lines["validation"] = [row.get(f"val_{key}", math.nan) for row in history.rows]
        note = f"kept: epoch {history.best} of {len(epochs)}" if key == "loss" else ""
        name = _NAMES.get(key, key.replace("_", " "))
        drawn.append(chart(f"{name}, by epoch", curves(epochs, lines, history.best), note))
    return charts(*drawn) if drawn else "<p>No epoch was trained.</p>"
