"""A full-int8 flatbuffer; fine-tuned where plain quantization loses too much."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from convert.quantize import converted
from convert.repair import FEWEST, repaired, with_weights_restored
from edge.bundle import write_model
from edge.card import FINISHED_BOX, Card, with_card
from edge.image import Image
from edge.localizer import load_localizer
from train.batches import Batches
from train.example import Example
from train.floating import float_localizer
from train.photos import load_photos
from train.progress import Progress
from train.recipe import Recipe
from train.render_batch import renderer_for
from train.report import answered, report
from train.rounding import fine_tune


@dataclass(frozen=True, slots=True)
class Lessons:
    """What a conversion takes up from the training: what to learn from, and to decide by."""

    train: Sequence[Example]
    validation: Sequence[Example]
    recipe: Recipe
    """Of the training before."""
    seed: int
    false_alarms: float
    """The share of pictures without the object that may be taken for one."""


def tuned_int8(
    model: Any, card: Card, pictures: Iterable[Image], lessons: Lessons, progress: Progress
) -> tuple[bytes, str]:
    """The flatbuffer of ``model``, and a sentence on what was done; decided by validation alone.

    pictures: prepared pixels to calibrate by. The weights of ``model`` stay as they are.
    """
    plain = converted(model, "int8", pictures)
    if card.decode == FINISHED_BOX:
        return plain, "fine-tuning with rounded kernels knows edge maps only; int8 stays as it is"
    chosen_by = [example for example in lessons.validation if example.box is not None]
    if len(chosen_by) < FEWEST:
        return plain, f"validation: {len(chosen_by)} pictures are too few to fine-tune by"

    boxes = replace(card, presence_threshold=0.0)  # the file's own threshold is chosen later

    def measure(flatbuffer: bytes) -> float:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "measured.tflite")
            write_model(path, with_card(flatbuffer, boxes))
            return report(answered(chosen_by, load_localizer(path, threads=2)[0])).mean_iou or 0.0

    def tuned() -> bytes:
        photos = load_photos(lessons.train, card.labels, card.width)
        recipe = lessons.recipe
        batches = Batches(
            photos, len(card.labels), card.width, recipe.batch, lessons.seed, recipe.variety,
            recipe.mirror, renderer_for(photos, card.width),
        )  # fmt: skip
        watch = progress.training(recipe, len(batches))
        fine_tune(model, batches, recipe, step=watch.step)
        return converted(model, "int8", pictures)

    exact = report(answered(chosen_by, float_localizer(model, boxes))).mean_iou or 0.0
    better, repair = repaired(plain, exact, measure, lambda: with_weights_restored(model, tuned))
    return better, str(repair)
