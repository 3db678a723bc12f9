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
    """Epochs without a lower validation loss after which the training stops."""
    mirror: bool = True
    """Whether half of the views are mirrored."""
    choose_from: int = 0
    """The first epoch, from 0, that the validation pictures may choose."""


def recipe(
    weights: str,
    epochs: int | None,
    batch: int | None,
    mirror: bool = True,
    variety: float | None = None,
) -> Recipe:
    """The recipe for a pretrained or (``weights`` is ``none``) a random start."""
    total = epochs or 60
    # The cosine brings the gain last: before its last third, where the rate is under a quarter, a
    # low loss is the luck of a few validation pictures.
    choose_from = total - max(total // 3, 1)
    if weights == "none":
        # what starts from nothing must first learn to see: a short training shows it plain views
        stray = min(total / 60, 1.0) if variety is None else variety
        return Recipe(total, batch or 32, 3e-3, 1.0, 0, stray, total, mirror, choose_from)
    stray = 1.0 if variety is None else variety
    return Recipe(total, batch or 16, 7e-4, 0.4, 8, stray, total, mirror, choose_from)
