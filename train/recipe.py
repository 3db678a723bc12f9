"""How long and how fast to train: the few numbers that accuracy hangs on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """A schedule; its rates are Adam's."""

    epochs: int
    """Of all layers."""
    batch: int
    """Pictures a step."""
    rate: float
    """Of the head, at the end of the warm-up; a cosine takes it to 0."""
    backbone_share: float
    """The backbone's rate as a share of the head's."""
    head_views: int
    """Views of each photo that train the head alone, at first; 0 leaves that stage out."""
    variety: float
    """How far views stray from their photo, 1 as far as ``train.augment`` goes, 0 only mirrored."""
    patience: int
    """Epochs without a lower validation loss after which the training stops.

    Half of them all: the cosine lowers the loss last, and a few validation pictures are noisy.
    """
    mirror: bool = True
    """Whether half of the views are mirrored."""


def recipe(
    weights: str,
    epochs: int | None,
    batch: int | None,
    mirror: bool = True,
    variety: float | None = None,
) -> Recipe:
    """The recipe for a pretrained or (``weights`` is ``none``) a random start."""
    total = epochs or 60
    patience = max(8, total // 2)
    if weights == "none":
        # what starts from nothing must first learn to see: a short training shows it plain views
        stray = min(total / 60, 1.0) if variety is None else variety
        return Recipe(total, batch or 32, 3e-3, 1.0, 0, stray, patience, mirror)
    stray = 1.0 if variety is None else variety
    return Recipe(total, batch or 16, 7e-4, 0.4, 8, stray, patience, mirror)
