"""What plain quantization loses, won back by fine-tuning; kept only where it pays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LOSS = 0.005
"""Mean IoU on the validation pictures that plain quantization may lose."""
FEWEST = 10
"""Validation pictures under which a difference of that size says nothing."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What was done about the loss of plain quantization, on the validation pictures."""

    floating: float
    """Mean IoU of the float model."""
    plain: float
    """Mean IoU after plain quantization."""
    tuned: float | None
    """Mean IoU after fine-tuning with rounded kernels; None where that was not needed."""

    @property
    def kept(self) -> bool:
        """Whether the fine-tuned file is the one to go on with."""
        return self.tuned is not None and self.tuned > self.plain

    def __str__(self) -> str:
        text = f"validation, float {self.floating:.3f}, int8 {self.plain:.3f}"
        if self.tuned is None:
            return f"{text}: nothing to win back"
        verdict = "kept" if self.kept else "not kept, since it did not pay"
        return f"{text}, after fine-tuning with rounded kernels {self.tuned:.3f}: {verdict}"


def repaired(
    plain: bytes,
    floating: float,
    measure: Callable[[bytes], float],
    tune: Callable[[], bytes],
) -> tuple[bytes, Repair]:
    """The better file, and what was measured.

    plain: the flatbuffer of plain quantization. floating: the float model's mean IoU.
    measure: the mean IoU of a flatbuffer on the validation pictures, which may choose.
    tune: fine-tunes and quantizes again; called only where ``plain`` loses more than LOSS.
    """
    now = measure(plain)
    if floating - now <= LOSS:
        return plain, Repair(floating, now, None)
    tuned = tune()
    result = Repair(floating, now, measure(tuned))
    return (tuned if result.kept else plain), result


def with_weights_restored(model: Any, work: Callable[[], bytes]) -> bytes:
    """What ``work`` gives, which may change the weights of ``model``; they come back."""
    kept = model.get_weights()
    try:
        return work()
    finally:
        model.set_weights(kept)
