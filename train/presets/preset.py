"""What a preset is: a network, its losses and stages, and how it wants its pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge.box import Box
from train.example import Example
from train.finished_box import EDGES
from train.settings import Settings

Loss = Callable[[Any, Any], Any]
"""Of truth and prediction, as Keras takes it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a training."""

    name: str
    epochs: int
    """At most, where ``patience`` may end it."""
    optimizer: Callable[[], Any]
    """Makes the optimizer, of Keras."""
    patience: int | None = None
    """Epochs without a lower validation loss after which the stage ends; None never ends it."""
    frozen: Callable[[Any], Iterable[Any]] = lambda model: ()
    """The layers of the network that stay as they are."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A published localizer, built again."""

    name: str
    size: int
    """Pixels along each side of its input, as published."""
    smallest: int
    """The least size that its layers leave something of."""
    batch: int
    """Pictures a step, as published."""
    network: Callable[[Settings, Sequence[str]], Any]
    """From the settings and the class names to a Keras model: uint8 pixels (batch, size, size, 3)
    through a Rescaling named ``scale`` to the outputs in ``heads``."""
    losses: Callable[[Settings], Mapping[str, tuple[Loss, float]]]
    """The loss of each output and its weight."""
    stages: Callable[[Settings], Sequence[Stage]]
    heads: tuple[str, ...] = ("label", "bbox")
    """Its outputs: ``label`` is a softmax, ``bbox`` four numbers."""
    numbers: tuple[str, ...] = EDGES
    """What the four numbers of ``bbox`` are."""
    options: frozenset[str] = frozenset()
    """The options of ``edge-train fit`` that it takes beside those that all take."""
    variety: float | None = None
    """How far views stray from their photo, as ``train.augment`` has it; None shows it as it is."""
    tf_data: bool = False
    """Whether TensorFlow's tf.data feeds it, where TensorFlow is the backend."""
    keeps_each_epoch: bool = False
    """Whether the weights of every epoch are kept."""

    @property
    def tells_classes(self) -> bool:
        return "label" in self.heads

    @property
    def finds_boxes(self) -> bool:
        return "bbox" in self.heads

    def learns_from(self, example: Example, labels: Sequence[str]) -> bool:
        """Whether what is known of ``example`` says anything to one of the heads."""
        boxed = self.finds_boxes and example.box is not None
        return boxed or (self.tells_classes and example.label in labels)

    def bbox(self, box: Box) -> list[float]:
        """The four numbers that the network should answer for ``box``."""
        return [getattr(box, edge) for edge in self.numbers]


def mean_squares(truth: Any, told: Any) -> Any:
    """The mean of four squared differences, shape (batch,)."""
    from keras import ops

    return ops.mean(ops.square(truth - told), axis=-1)


def smooth_l1(truth: Any, told: Any) -> Any:
    """Squares of small differences and sizes of large ones, as Huber has it, shape (batch,)."""
    from keras import ops

    apart = ops.abs(truth - told)
    return ops.mean(ops.where(apart < 1.0, 0.5 * ops.square(apart), apart - 0.5), axis=-1)


def cross_entropy(truth: Any, shares: Any) -> Any:
    """Of class numbers (batch, 1) and a softmax (batch, classes), shape (batch,)."""
    from keras import losses

    return losses.sparse_categorical_crossentropy(truth, shares)
