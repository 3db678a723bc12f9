"""What an interrupted training needs to go on: one file beside RUN, replaced after each epoch."""

from __future__ import annotations

import io
import json
import math
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from edge.bundle import write_model as write_whole
from edge.errors import LocalizerError
from train.epochs import Arrays, History, State
from train.recipe import Recipe
from train.run_folder import LISTS, digest, refuse_existing

Identity = dict[str, Any]
"""All that makes a training what it is, as plain JSON."""


def identity(notes: Mapping[str, Any], recipe: Recipe, backend: str) -> Identity:
    """What an interrupted training and its continuation must have in common.

    notes: as ``train.run_folder.notes_of`` makes them. backend: what Keras computes with.
    """
    weights = Path(notes["settings"]["weights"])
    same = {name: notes[name] for name in ("settings", "labels", *LISTS)} | {
        "recipe": asdict(recipe),
        "backend": backend,
        "weights_sha256": digest(weights) if weights.is_file() else None,
    }
    known: Identity = json.loads(json.dumps(same))
    return known


def difference(before: Identity, now: Identity) -> str | None:
    """In words what differs first between two trainings; None where nothing does."""
    settings = before["settings"], now["settings"]
    for name in sorted({*settings[0], *settings[1]}):
        was, given = (one.get(name) for one in settings)
        if was != given:
            option = f"--{name.replace('_', '-')}"
            return f"{option} was {_said(was)} and is {_said(given)}"
    if before["weights_sha256"] != now["weights_sha256"]:
        return f"the content of {settings[1]['weights']} is another"
    if before["backend"] != now["backend"]:
        return f"KERAS_BACKEND was {before['backend']} and is {now['backend']}"
    pictures = _pictures(before, now)
    if pictures is not None:
        return pictures
    if before != now:
        return "this version of edge-localizer trains by another recipe"
    return None


def _said(value: object) -> str:
    return "not given" if value is None else str(value)


def _pictures(before: Identity, now: Identity) -> str | None:
    """Which picture differs first, and how many do."""
    were, are = (
        {row["path"]: (name, row) for name in LISTS for row in one[name]} for one in (before, now)
    )
    other = sorted(path for path in {*were, *are} if were.get(path) != are.get(path))
    if not other:
        return None
    first = other[0]
    if first not in are:
        how = "is gone"
    elif first not in were:
        how = "is new"
    elif were[first][1] != are[first][1]:
        how = "has other pixels, another box or another label"
    else:
        how = f"was in the part {were[first][0]} and is in {are[first][0]}"
    return f"{first} {how} ({len(other)} of {len(are)} pictures differ)"


def path_beside(out: Path) -> Path:
    """Where the checkpoint of the training that makes ``out`` lies."""
    return out.with_name(f"{out.name}.part")


def refuse_untidy(out: Path, resume: bool) -> None:
    """Raise LocalizerError where ``out`` is there, or a training of it that was interrupted."""
    beside = path_beside(out)
    if resume and out.exists():
        raise LocalizerError(
            f"{out} exists, so there is nothing to resume; name the RUN that was interrupted"
        )
    refuse_existing(out)
    if beside.exists() and not resume:
        raise LocalizerError(
            f"{beside} holds a training that was interrupted; go on with --resume, or remove it "
            "to start again"
        )


def went_on(path: Path, start: State | None) -> str:
    """What a resumed training says at first."""
    if start is None:
        return f"note: {path} is not there, so the training starts from the beginning"
    return f"{path}: going on after epoch {len(start.history.rows)}"


class Checkpoint:
    """The state of one training on disk."""

    def __init__(self, path: Path, known: Identity) -> None:
        """known: the training's own ``identity``, which a loaded state has to share."""
        self.path = path
        self._known = known
        self._began = time.monotonic()
        self.earlier = 0.0
        """Seconds that the training took before it was interrupted."""

    def load(self) -> State | None:
        """The state to go on from; None where the training was interrupted before its first.

        Raises LocalizerError where it is damaged, or of another training than this.
        """
        if not self.path.exists():
            return None
        try:
            with np.load(self.path, allow_pickle=False) as file:
                notes = json.loads(file["notes"].tobytes())
                parts = {
                    name: [file[f"{name}_{number}"] for number in range(notes["arrays"][name])]
                    for name in ("model", "optimizer", "kept")
                }
            history = History(notes["rows"], notes["best"])
            other = difference(notes["identity"], self._known)
            self.earlier = float(notes["seconds"])
            lowest = notes["lowest"]
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise LocalizerError(
                f"{self.path} is damaged ({type(error).__name__}: {error}); remove it, and start "
                "again without --resume"
            ) from error
        if other is not None:
            raise LocalizerError(
                f"{self.path} belongs to another training: {other}; give it the same data and "
                "options, or remove it and start again"
            )
        return State(
            history,
            math.inf if lowest is None else lowest,
            parts["model"],
            parts["optimizer"],
            parts["kept"] or None,
        )

    def save(self, state: State) -> None:
        """Replace the file as a whole; raises LocalizerError where the disk refuses."""
        parts: dict[str, Arrays] = {
            "model": state.model,
            "optimizer": state.optimizer,
            "kept": state.kept or [],
        }
        notes = {
            "identity": self._known,
            "rows": state.history.rows,
            "best": state.history.best,
            "lowest": state.lowest if math.isfinite(state.lowest) else None,
            "seconds": self.earlier + time.monotonic() - self._began,
            "arrays": {name: len(arrays) for name, arrays in parts.items()},
        }
        text = np.frombuffer(json.dumps(notes).encode(), np.uint8)
        content = io.BytesIO()
        np.savez(content, allow_pickle=False, notes=text, **_numbered(parts))
        write_whole(self.path, content.getvalue())

    def remove(self) -> None:
        """Take the file away: the training is finished."""
        self.path.unlink(missing_ok=True)


def _numbered(parts: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    return {
        f"{name}_{number}": array
        for name, arrays in parts.items()
        for number, array in enumerate(arrays)
    }
