"""The training of a preset, from the lists of pictures to a network that the device knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from train.epochs import Course, History, State, Watch, resumed, train_epochs
from train.finished_box import EDGES, finished
from train.losses import iou
from train.presets.feeding import feed, whole
from train.presets.preset import Preset, Stage
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
) -> tuple[Any, Recipe, History]:
    """The network in the form that the device knows, its schedule, and its history.

    save: keeps the state after each epoch. start: where to go on.
    epochs_in: the folder for the weights of each epoch, where the preset keeps them.
    """
    import keras

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
    told = progress.training(plan, len(batches), done)

    def keep(state: State) -> None:
        # first, so that what is resumed has the weights of every epoch before
        if epochs_in is not None and preset.keeps_each_epoch:
            _keep(model, epochs_in, len(state.history.rows))
        if save is not None:
            save(state)

    watch = Watch(told.step, told.epoch_done, keep)
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
    label = "label" if preset.tells_classes else None
    if preset.finds_boxes:
        model = finished(model, "bbox", label, preset.numbers)
    else:
        model = keras.Model(model.input, model.output)  # without its optimizer
    return model, plan, course.history


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
