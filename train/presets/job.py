"""The training of a preset, from the lists of pictures to a network that the device knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.card import FINISHED_BOX, Card
from train.epochs import Course, History, State, Watch, resumed, train_epochs
from train.finished_box import EDGES, finished
from train.loggers.log import Told
from train.losses import iou
from train.presets.feeding import feed, whole
from train.presets.preset import Preset, Stage
from train.presets.truth import locate_with
from train.progress import Progress
from train.recipe import Recipe
from train.settings import Settings
from train.split import Split


def train_preset(
    preset: Preset,
    lists: Split,
    labels: Sequence[str],
    settings: Settings,
    progress: Progress,
    save: Callable[[State], None] | None = None,
    start: State | None = None,
    epochs_in: Path | None = None,
    told: Told = lambda row, locate: None,
) -> tuple[Any, Recipe, History]:
    """The network in the form that the device knows, its schedule, and its history.

    save: keeps the state after each epoch. start: where to go on.
    epochs_in: the folder for the weights of each epoch, where the preset keeps them.
    told: called after each epoch.
    """
    model = preset.network(settings, labels)
    stages, batch = preset.stages(settings), settings.batch or preset.batch
    training, stopping = (
        [example for example in examples if preset.learns_from(example, labels)]
        for examples in (lists.train, lists.validation)
    )
    batches = feed(training, labels, preset, settings.size, batch, settings.seed)
    validation = whole(stopping, labels, preset, settings.size)
    plan = Recipe(
        epochs=sum(stage.epochs for stage in stages),
        batch=batch,
        rate=float(stages[0].optimizer().learning_rate),
        backbone_share=1.0,
        head_views=0,
        variety=preset.variety or 0.0,
        patience=stages[0].patience or stages[0].epochs,
    )
    course, done = Course(), len(start.history.rows) if start is not None else 0
    bars = progress.training(plan, len(batches), done)
    card = Card(settings.size, settings.size, tuple(labels), decode=FINISHED_BOX)

    def keep(state: State) -> None:
        # first, so that what is resumed has the weights of every epoch before
        if epochs_in is not None and preset.keeps_each_epoch:
            _keep(model, epochs_in, len(state.history.rows))
        if save is not None:
            save(state)

    def epoch_done(row: dict[str, float]) -> None:
        bars.epoch_done(row)
        told(row, lambda: locate_with(preset, _for_device(model, preset), card))

    watch = Watch(bars.step, epoch_done, keep)
    reached = int(start.history.rows[-1]["stage"]) if start is not None else 0
    for number, stage in list(enumerate(stages))[reached:]:
        with _only(model, stage):
            compile_for(model, preset, settings, stage)
            if start is not None and number == reached:
                course = resumed(start, model, model)
            earlier = sum(row["stage"] < number for row in course.history.rows)
            epochs = range(earlier, earlier + stage.epochs)
            train_epochs(
                model, model, batches, validation, epochs, stage.patience or stage.epochs,
                course, watch, stage.name, {"stage": float(number)},
            )  # fmt: skip
    return _for_device(model, preset), plan, course.history


def _for_device(model: Any, preset: Preset) -> Any:
    """``model`` with the outputs that the device knows; a classifier without its optimizer."""
    import keras

    if not preset.finds_boxes:
        return keras.Model(model.input, model.output)
    label = "label" if preset.tells_classes else None
    return finished(model, "bbox", label, preset.numbers)


def compile_for(model: Any, preset: Preset, settings: Settings, stage: Stage) -> None:
    """Compile ``model`` with the preset's losses, and with accuracy and mean IoU beside them."""
    import keras

    losses = preset.losses(settings)
    places = [preset.numbers.index(edge) for edge in EDGES]

    def overlap(truth: Any, told: Any) -> Any:
        return iou(*(keras.ops.take(numbers, places, axis=-1) for numbers in (truth, told)))

    # Keras puts an output's name before its metrics only where there are several
    alone = f"{preset.heads[0]}_" if len(preset.heads) == 1 else ""
    metrics = {
        "label": keras.metrics.SparseCategoricalAccuracy(f"{alone}accuracy"),
        "bbox": keras.metrics.MeanMetricWrapper(overlap, f"{alone}iou"),
    }
    model.compile(
        optimizer=stage.optimizer(),
        loss={name: loss for name, (loss, _) in losses.items()},
        loss_weights={name: weight for name, (_, weight) in losses.items()},
        weighted_metrics={name: [metrics[name]] for name in preset.heads},
        jit_compile=keras.backend.backend() == "jax",  # as in train.trainer
    )
    model.optimizer.build(model.trainable_variables)


@contextmanager
def _only(model: Any, stage: Stage) -> Iterator[None]:
    """The layers that ``stage`` freezes are frozen as long as the block lasts."""
    frozen = [(layer, layer.trainable) for layer in stage.frozen(model)]
    for layer, _ in frozen:
        layer.trainable = False
    try:
        yield
    finally:
        for layer, trainable in frozen:
            layer.trainable = trainable


def _keep(model: Any, folder: Path, epoch: int) -> None:
    """Save the weights of an epoch; a file that is there is whole."""
    folder.mkdir(exist_ok=True)
    beside = folder / ".part.weights.h5"
    model.save_weights(beside)
    beside.rename(folder / f"epoch_{epoch:02d}.weights.h5")
