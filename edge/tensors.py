"""A model's outputs by name: raw codes as the interpreter gave them, floats when somebody asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
OUTPUTS = ("attention", "offsets", "label", "presence")
"""The outputs of a model whose box is voted for by edge maps; all are there."""
BOX_OUTPUTS = ("box", "label", "presence")
"""The outputs of a model that finishes its box itself; only the box has to be there."""


def decoded_names(names: Iterable[str]) -> tuple[str, ...]:
    """Which of a model's outputs, by their ``names``, are decoded, in a fixed order.

    Empty where they are not a localizer's.
    """
    there = set(names)
    if "box" in there:
        return tuple(name for name in BOX_OUTPUTS if name in there)
    return OUTPUTS if there.issuperset(OUTPUTS) else ()


@dataclass(frozen=True, slots=True)
class Quantization:
    """How a tensor's codes become numbers."""

    scale: float
    """What one step of the code is worth; 0 where the tensor is not quantized."""
    zero_point: int
    """The code that stands for 0."""

    def floats(self, codes: npt.NDArray[Any]) -> Floats:
        """The numbers that ``codes`` stand for, in the same shape."""
        if self.scale == 0:
            return np.asarray(codes, np.float32)
        # floats first: uint8 minus the zero point would wrap
        numbers = codes.astype(np.float32)
        numbers -= np.float32(self.zero_point)
        numbers *= np.float32(self.scale)
        return numbers


class Outputs(Mapping[str, Floats]):
    """One picture's outputs, without batch axis.

    Turning codes into floats is left to whoever reads them, so that the thread that drives the
    chip need not.
    """

    def __init__(
        self, codes: Mapping[str, npt.NDArray[Any]], quantization: Mapping[str, Quantization]
    ) -> None:
        """codes: arrays that nobody else writes to, by the names of ``quantization``."""
        self._codes = codes
        self._quantization = quantization

    def __getitem__(self, name: str) -> Floats:
        return self._quantization[name].floats(self._codes[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)
