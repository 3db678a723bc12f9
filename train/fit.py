"""The whole training job: from a folder of labelled pictures to RUN."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from edge.card import FINISHED_BOX, Card
from edge.errors import LocalizerError
from train.also import with_further
from train.batches import Batch, Batches, batch_of
from train.checkpoint import Checkpoint, identity, path_beside, refuse_untidy, went_on
from train.curves import write_curves
from train.doubts import doubts
from train.epochs import History, State
from train.example import Example, labels_of
from train.floating import float_localizer
from train.loggers.log import Told, logging_to
from train.models import describe
from train.negatives import with_negatives
from train.network import build, mixed_precision
from train.pages.run import provenance, run_page
from train.photos import load_photos, prepared
from train.presence import Presence, calibrated, presences, views_of
from train.presets.job import train_preset
from train.presets.options import preset_of
from train.presets.truth import asked, locate_with, taken
from train.progress import Progress, say
from train.quiet import keras_backend, start_keras
from train.readers.data import read_data
from train.recipe import Recipe, recipe
from train.render_batch import renderer_for
from train.report import Report, answered, of_the_mean_box, report
from train.run_folder import MODEL, NOTES, new_folder, notes_of, refuse_existing, versions
from train.settings import Settings
from train.sheet import worst, write_sheet
from train.split import Split, held_out_of, split
from train.trainer import train


def fit(
    data: Path,
    out: Path,
    settings: Settings,
    console: Console,
    resume: bool = False,
    logs: Sequence[str] = (),
) -> Report:
    """Train on the pictures in ``data`` and leave model, report and pictures in ``out``.

    resume: go on with the training that was interrupted, if there is one; its state lies beside
    ``out`` and vanishes when ``out`` is there.
    logs: where figures and pictures go as well while it trains, names as ``--log`` takes them.
    Raises LocalizerError for what the user can mend; then ``out`` does not exist.
    """
    refuse_untidy(out, resume)
    preset, epochs_in = preset_of(settings), out.with_name(f"{out.name}.epochs")
    if not resume:
        refuse_existing(epochs_in)
    with Progress(console) as progress:
        dataset = read_data(data, settings.data_format, settings.objects, progress.over("reading"))
        for fault in dataset.refused:
            say(console, f"refused {fault}")
        say(console, dataset.summary())
        lists = split(
            dataset.examples, held_out_of(settings.held_out), settings.validation, settings.seed
        )
        finds_boxes = preset is None or preset.finds_boxes
        if finds_boxes and not any(example.box for example in lists.train):
            raise LocalizerError(
                f"{data} has classes and no boxes ({len(lists.train)} pictures to train on), and a "
                "localizer learns from boxes; draw some, or let edge-train autolabel draw them"
            )
        lists = with_negatives(lists, settings, progress, console)
        lists = with_further(lists, settings, progress, console)
        lists, remarks = taken(preset, lists)
        labels = labels_of(lists.train)
        for warning in [*remarks, *doubts(lists, labels)]:
            say(console, f"note: {warning}")

        chosen = {name: _plain(value) for name, value in asdict(settings).items()}
        notes = notes_of(dataset.folder, lists, labels, chosen)
        plan = recipe_of(settings)
        checkpoint = Checkpoint(path_beside(out), identity(notes, plan, keras_backend()))
        start = checkpoint.load() if resume else None
        if resume:
            say(console, went_on(checkpoint.path, start))
        rows = start.history.rows if start is not None else []
        with logging_to(logs, out, notes, lists.validation, console, resume, rows) as log:
            trained = train_on(
                lists, labels, settings, progress, checkpoint, start, epochs_in, log.epoch_done
            )
        if trained.presence.empty:
            say(console, f"presence threshold {trained.presence}")
        locate = locate_with(preset, trained.model, trained.card)
        pairs = answered(asked(preset, lists.held_out), locate, progress.over("measuring"))
    result, history = report(pairs), trained.history
    with new_folder(out) as folder:
        trained.model.save(folder / MODEL)
        describe(folder / MODEL, trained.card)
        notes |= {
            "decode": trained.card.decode,
            "presence_threshold": trained.presence.threshold,
            "recipe": asdict(trained.recipe),
            "versions": versions(),
            "backend": keras_backend(),
        }
        _write_json(folder / NOTES, notes)
        figures = result.to_json() | {
            "mean_box": of_the_mean_box(lists).to_json(),
            "presence": trained.presence.to_json(),
            "epochs": len(history.rows),
            "kept_epoch": history.best,
            "seconds": round(trained.seconds, 1),
            "history": history.rows,
        }
        _write_json(folder / "report.json", figures)
        write_curves(folder / "curves.png", history)
        if pairs:
            write_sheet(folder / "worst.png", worst(pairs))
        facts = provenance(folder / MODEL, notes, trained.recipe, trained.presence, trained.seconds)
        text = run_page(f"Training report: {out.name}", pairs, history, trained.model, facts)
        (folder / "report.html").write_text(text)
        if epochs_in.is_dir():
            epochs_in.rename(folder / "epochs")
        log.move_into(folder)
    checkpoint.remove()
    return result


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained network and how it came about."""

    model: Any
    """Of Keras, as ``train.network.build`` makes it."""
    card: Card
    recipe: Recipe
    history: History
    presence: Presence
    """The threshold of ``card``, and how it was chosen."""
    seconds: float
    """From the first decoded photo to the last step."""


def train_on(
    lists: Split,
    labels: Sequence[str],
    settings: Settings,
    progress: Progress,
    checkpoint: Checkpoint | None = None,
    start: State | None = None,
    epochs_in: Path | None = None,
    told: Told = lambda row, locate: None,
) -> Trained:
    """Train on two of the lists; the held-out one is not looked at.

    checkpoint: keeps the state after each epoch. start: what it kept of an interrupted training.
    epochs_in: the folder for the weights of each epoch, where a preset keeps them.
    told: called after each epoch.
    """
    start_keras(settings.seed)  # takes seconds: what is wrong with the data is said before
    preset, size = preset_of(settings), settings.size
    began = time.monotonic() - (checkpoint.earlier if checkpoint is not None else 0.0)
    save = checkpoint.save if checkpoint is not None else None
    if preset is not None:
        model, plan, history = train_preset(
            preset, lists, labels, settings, progress, save, start, epochs_in, told
        )
        card = Card(size, size, tuple(labels), decode=FINISHED_BOX)
        nothing = calibrated([], [], settings.false_alarms)
        return Trained(model, card, plan, history, nothing, time.monotonic() - began)
    plan = recipe_of(settings)
    with mixed_precision(settings.mixed_precision):
        model, classes = _network(settings, labels), len(labels)
        photos = load_photos(lists.train, labels, size, progress.over("decoding"))
        batches = Batches(
            photos, classes, size, plan.batch, settings.seed, plan.variety, plan.mirror,
            renderer_for(photos, size),
        )  # fmt: skip
        validation = _validation(lists.validation, labels, size)
        done = len(start.history.rows) if start is not None else 0
        watch = progress.training(plan, len(batches), done)

        def epoch_done(row: dict[str, float]) -> None:
            watch.epoch_done(row)
            told(row, lambda: float_localizer(model, Card(size, size, tuple(labels))))

        history = train(model, batches, validation, plan, watch.step, epoch_done, start, save)
    if settings.mixed_precision:
        # what is kept is measured and converted as if it had been trained in float32
        trained, model = model, _network(settings, labels)
        model.set_weights(trained.get_weights())
    card, presence = calibrated_card(model, labels, lists.validation, settings)
    return Trained(model, card, plan, history, presence, time.monotonic() - began)


def calibrated_card(
    model: Any, labels: Sequence[str], validation: Sequence[Example], settings: Settings
) -> tuple[Card, Presence]:
    """The card of a trained network, and how ``validation`` chose its threshold."""
    views = views_of(validation, settings.size, settings.seed)
    full, empty = (presences(model, pixels) for pixels in views)
    presence = calibrated(full, empty, settings.false_alarms)
    card = Card(settings.size, settings.size, tuple(labels))
    return replace(card, presence_threshold=presence.threshold), presence


def recipe_of(settings: Settings) -> Recipe:
    """The schedule that the settings ask for."""
    return recipe(
        settings.weights, settings.epochs, settings.batch, settings.mirror, settings.variety
    )


def _network(settings: Settings, labels: Sequence[str]) -> Any:
    return build(settings.size, settings.alpha, len(labels), settings.weights, settings.backbone)


def _validation(examples: Sequence[Example], labels: Sequence[str], size: int) -> Batch | None:
    known = [e for e in examples if e.label is None or e.label in labels]
    if not any(example.box for example in known):
        return None
    pixels = prepared(known, size)
    numbers = [labels.index(e.label) if e.label is not None else None for e in known]
    rows = [(p, e.box, n) for p, e, n in zip(pixels, known, numbers, strict=True)]
    return batch_of(rows, len(labels))


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
