"""What the peers share: a backbone, one loop over epochs, and the way to the device's form."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from convert.int8 import Lessons
from edge.box import Box
from edge.card import FINISHED_BOX, Card
from train.backbones import loaded
from train.example import Example
from train.finished_box import EDGES, edge_matrix, finished
from train.folding import folded
from train.photos import prepared
from train.progress import Progress
from train.quiet import start_keras
from train.split import Split

Array = npt.NDArray[Any]
Step = tuple[Array, dict[str, Array]]
"""Pixels or features, and their targets: ``numbers`` and one-hot ``classes``."""
Head = Callable[[Any, int], dict[str, Any]]
"""From features and how many classes to ``numbers`` and ``classes`` (logits), layers so called."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A trained model that the benchmark measures."""

    model: Any
    """Of Keras, in a form that ``edge.card`` knows."""
    card: Card
    looked: int
    """Pictures that the training looked at, each as often as it did."""
    seconds: float
    """From the first decoded photo to the last step."""
    lessons: Lessons | None = None
    """What the project's own conversion may fine-tune by; others are converted plainly."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a peer is trained; its optimizer's rate may be changed by ``plateau``."""

    epochs: int
    batch: int
    """Pictures a step."""
    patience: int = 10_000
    """Epochs without a better IoU on the validation pictures after which the training stops."""
    plateau: int = 10_000
    """Epochs without one after which the rate is divided by five."""
    numbers: Sequence[str] = EDGES
    """What the four numbers are that the network gives, as ``train.finished_box`` names them."""
    unit: float = 1.0
    """The fraction of the picture that 1.0 stands for."""

    @property
    def matrix(self) -> Array:
        """What turns its numbers into edges."""
        return edge_matrix(self.numbers, self.unit)


@dataclass(frozen=True, slots=True)
class Net:
    """A network that is not trained yet, and its parts."""

    whole: Any
    """From uint8 pixels to ``numbers`` and ``classes`` (logits)."""
    looking: Any
    """From uint8 pixels to the backbone's features."""
    head: Any
    """From those features on; it shares its layers with ``whole``."""
    backbone: Any


def built(size: int, classes: int, head: Head, weights: str, alpha: float) -> Net:
    """MobileNetV2, frozen, with ``head`` on its last features, which gives both outputs.

    Pretrained, its normalizations keep ImageNet's statistics, folded into the convolutions.
    """
    import keras

    picture = keras.Input((size, size, 3), dtype="uint8", name="picture")
    backbone = loaded("MobileNetV2", size, weights, alpha=alpha)
    if weights != "none":
        backbone = folded(backbone)
    backbone.trainable = False
    scaled = keras.layers.Rescaling(1 / 127.5, -1.0, name="scale")(picture)
    features = backbone(scaled)
    outputs = head(features, classes)
    return Net(
        keras.Model(picture, outputs),
        keras.Model(picture, features),
        keras.Model(features, outputs),
        backbone,
    )


def targets(examples: Sequence[Example], labels: Sequence[str], plan: Plan) -> dict[str, Array]:
    """The numbers that ``plan`` wants and one-hot classes of ``examples``, all with an object."""
    edges = np.array([e.box.edges for e in examples if e.box is not None], np.float32)
    numbers = [labels.index(e.label) for e in examples if e.label is not None]
    return {
        "numbers": edges.reshape(-1, 4) @ np.linalg.inv(plan.matrix),
        "classes": np.eye(len(labels), dtype=np.float32)[numbers],
    }


def shuffled(
    inputs: Array, truth: Mapping[str, Array], batch: int
) -> Callable[[int], Iterator[Step]]:
    """The steps of an epoch, by its number: everything once, in a new order."""

    def epoch(number: int) -> Iterator[Step]:
        order = np.random.default_rng(number).permutation(len(inputs))
        for at in range(0, len(inputs), batch):
            chosen = order[at : at + batch]
            yield inputs[chosen], {name: values[chosen] for name, values in truth.items()}

    return epoch


def trained(
    model: Any,
    epoch: Callable[[int], Iterable[Step]],
    validation: tuple[Array, Sequence[Example]],
    plan: Plan,
    watch: Callable[[Iterable[int]], Iterable[int]],
) -> int:
    """Train a compiled ``model`` in place; gives the number of pictures that it looked at.

    validation: inputs and examples that choose the epoch to keep by their mean IoU; where there is
    none, the last is kept.
    """
    best, kept, since, looked = -math.inf, None, 0, 0
    for number in watch(range(plan.epochs)):
        for inputs, truth in epoch(number):
            model.train_on_batch(inputs, truth)
            looked += len(inputs)
        if not len(validation[0]):
            continue
        now = mean_iou(model, *validation, plan)
        since = since + 1 if now <= best else 0
        if now > best:
            best, kept = now, model.get_weights()
        if since >= plan.patience:
            break
        if since and since % plan.plateau == 0:
            model.optimizer.learning_rate = float(model.optimizer.learning_rate) / 5
    if kept is not None:
        model.set_weights(kept)
    return looked


def mean_iou(model: Any, inputs: Array, examples: Sequence[Example], plan: Plan) -> float:
    """Of the model's boxes for ``inputs`` with those of ``examples``."""
    numbers = model.predict(inputs, batch_size=32, verbose=0)["numbers"]
    pairs = zip(np.asarray(numbers) @ plan.matrix, examples, strict=True)
    return float(np.mean([Box.spanned(row).iou(e.box) for row, e in pairs if e.box is not None]))


def frozen(
    lists: Split,
    labels: Sequence[str],
    seed: int,
    weights: str,
    bars: Progress,
    *,
    size: int,
    alpha: float,
    plan: Plan,
    head: Head,
    compiled: Callable[[Any], None],
) -> Entry:
    """A head on a backbone that stays as it is, and so sees every picture once.

    compiled: gives the model from features to outputs its optimizer and losses.
    """
    start_keras(seed)
    net = built(size, len(labels), head, weights, alpha)
    start = time.monotonic()
    train, held_back = ([e for e in part if e.box] for part in (lists.train, lists.validation))
    features = looked_at(net.looking, train, size)
    validation = looked_at(net.looking, held_back, size), held_back
    compiled(net.head)
    epoch = shuffled(features, targets(train, labels, plan), plan.batch)
    looked = trained(net.head, epoch, validation, plan, bars.over("epochs"))
    return entry(net.whole, labels, plan, looked, time.monotonic() - start)


def plainly_compiled(model: Any) -> None:
    """Give ``model`` Adam at Keras' own rate, the mean squared error and the cross-entropy."""
    import keras

    crossentropy = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile("adam", {"numbers": "mean_squared_error", "classes": crossentropy})


def looked_at(looking: Any, examples: Sequence[Example], size: int) -> Array:
    """The features of ``examples``, prepared as the device does it."""
    if not examples:
        return np.empty((0, 1))
    return np.asarray(looking.predict(prepared(examples, size), batch_size=32, verbose=0))


def entry(whole: Any, labels: Sequence[str], plan: Plan, looked: int, seconds: float) -> Entry:
    """What is measured of a trained network: its box finished, as the device wants it."""
    size = whole.input.shape[1]
    model = finished(whole, "numbers", "classes", plan.numbers, plan.unit)
    return Entry(model, Card(size, size, tuple(labels), decode=FINISHED_BOX), looked, seconds)
