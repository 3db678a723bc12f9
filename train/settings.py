"""What the user chose for a training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from train.backbones import DEFAULT
from train.readers.settle import Objects


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the user chose; every field is an option of ``edge-train fit``."""

    weights: str
    """``imagenet``, ``none``, or a file of weights for the backbone."""
    size: int = 224
    """Pixels along each side of the network's input, a multiple of 32."""
    alpha: float = 1.0
    """Width of the backbone, 1.0 for the published one."""
    epochs: int | None = None
    """Of all layers; None leaves it to the recipe."""
    batch: int | None = None
    """Pictures a step; None leaves it to the recipe."""
    seed: int = 0
    """Of the split, the views and the random start."""
    held_out: str = "0.2"
    """A share of the pictures, or a file of stems."""
    validation: float = 0.1
    """Share of the pictures that choose the epoch and the presence threshold."""
    negatives: Path | None = None
    """A folder of pictures that do not show the object."""
    false_alarms: float = 0.01
    """The share of pictures without the object that may be taken for one."""
    backbone: str = DEFAULT
    """One of ``train.backbones.BACKBONES``."""
    mirror: bool = True
    """Whether half of the views that train are mirrored."""
    variety: float | None = None
    """How far views stray from their photo, 0 to 1; None leaves it to the recipe."""
    preset: str = "localizer"
    """One of ``train.presets.options.NAMES``."""
    heads: str = "both"
    """``class`` for the classifier of the preset ``snacks`` alone."""
    classifier: Path | None = None
    """For ``snacks``: a trained classifier to start from."""
    vectorizer: str | None = None
    """For ``selfie``: ``gap`` or ``flatten``."""
    box_loss: str | None = None
    """For ``selfie``: ``mse`` or ``smooth-l1``."""
    data_format: str | None = None
    """How the data is annotated, a name of ``train.readers.data.FORMATS``; None looks at it."""
    objects: Objects = "largest"
    """Which of a picture's objects counts: ``largest``, ``first``, or ``refuse`` the picture."""
    mixed_precision: bool = False
    """Whether the training computes in float16 where that is enough; the model is float32."""
    also: tuple[Path, ...] = ()
    """Folders of further labelled pictures, which only train."""
