"""Weights & Biases: curves, and each epoch the validation pictures under its own box overlays."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edge.box import Box
from edge.errors import LocalizerError
from train.loggers.logger import NOT_LOGGED, Seen, named
from train.report import overlap

_PROJECT = "edge-localizer"
_ID = "run_id.txt"


class WeightsAndBiases:
    """One run there; ``WANDB_MODE=offline`` keeps it on this machine until ``wandb sync``."""

    def __init__(
        self, folder: Path, name: str, labels: Sequence[str], config: Mapping[str, Any]
    ) -> None:
        """folder: where its files go; one that is there already is the run that goes on.

        labels: the class names, their places being the class ids. config: the settings.
        Raises LocalizerError where wandb is not installed, or nobody is logged in.
        """
        try:
            import wandb
        except ImportError as error:
            raise LocalizerError(
                "--log wandb needs the wandb client; pip install 'edge-localizer[wandb]'"
            ) from error
        self._wandb: Any = wandb
        self._labels = dict(enumerate(labels))
        self._number = {label: number for number, label in self._labels.items()}
        folder.mkdir(parents=True, exist_ok=True)
        kept = folder / _ID
        if not kept.is_file():
            kept.write_text(secrets.token_hex(4))
        try:
            self._run = wandb.init(
                project=os.environ.get("WANDB_PROJECT", _PROJECT),
                name=name,
                id=kept.read_text().strip(),
                resume="allow",
                dir=str(folder),
                config=dict(config),
                settings=wandb.Settings(console="off"),
            )
        except wandb.errors.Error as error:
            raise LocalizerError(
                f"--log wandb cannot start a run ({error}); say wandb login, or set "
                "WANDB_MODE=offline to keep it on this machine"
            ) from error

    def epoch(self, row: Mapping[str, float]) -> None:
        figures = {}
        for key, value in row.items():
            if key not in NOT_LOGGED:
                name, part = named(key)
                figures[f"{part}/{name}"] = float(value)
        self._run.log(figures, step=int(row["epoch"]))

    def wants_pictures(self, epoch: int) -> bool:
        return True

    def pictures(self, epoch: int, seen: Sequence[Seen]) -> None:
        shown = [self._shown(one) for one in seen]
        self._run.log({"validation pictures": shown}, step=epoch)

    def close(self) -> None:
        self._run.finish()
        # the client writes in a process of its own; the folder is moved right after this
        self._wandb.teardown()

    def _shown(self, one: Seen) -> Any:
        example, found = one.example, one.answer.found
        truth, told = [], []
        if example.box is not None and example.label is not None:
            truth.append(self._box(example.box, example.label, example.label))
        if found is not None:
            scores = {"confidence": float(found.score), "iou": float(overlap(example, one.answer))}
            caption = f"{found.label} {found.score:.2f}"
            told.append(self._box(found.box, found.label, caption) | {"scores": scores})
        return self._wandb.Image(
            one.pixels,
            caption=example.name,
            boxes={
                "ground_truth": {"box_data": truth, "class_labels": self._labels},
                "predictions": {"box_data": told, "class_labels": self._labels},
            },
        )

    def _box(self, box: Box, label: str, caption: str) -> dict[str, Any]:
        """A box as W&B takes it, in fractions of the picture."""
        left, top, right, bottom = map(float, box.clipped().edges)
        return {
            "position": {"minX": left, "minY": top, "maxX": right, "maxY": bottom},
            "class_id": self._number[label],
            "box_caption": caption,
        }
