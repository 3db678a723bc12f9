"""How good a model is on labelled pictures, and each class of them: a table, JSON, a page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from edge.errors import LocalizerError
from train.example import Example
from train.models import Model
from train.progress import Progress, say
from train.readers.data import read_data
from train.readers.settle import Objects
from train.report import Answered, Report, answered, overlap, report
from train.run_folder import Run, digest, new_folder, refuse_existing, writing_into


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """The figures of one class."""

    label: str
    report: Report
    """Over the pictures that show it; its ``accuracy`` is the class's recall."""
    precision: float | None
    """The share right of those that were called so, empty pictures among them."""
    called: dict[str, int]
    """What its pictures were called, the most frequent first; '' where nothing was found."""

    def to_json(self) -> dict[str, Any]:
        figures = self.report.to_json()
        for name in ("empty", "false_alarms"):  # are no class's
            del figures[name]
        precision = round(self.precision, 4) if self.precision is not None else None
        return {"label": self.label, **figures, "precision": precision, "called": self.called}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A model on labelled pictures."""

    model: dict[str, Any]
    """What tells it from others."""
    data: str
    pairs: Sequence[Answered]
    left_out: int = 0
    """Pictures of the data that it was trained with, and that were left out for that."""

    @property
    def report(self) -> Report:
        return report(self.pairs)

    @property
    def classes(self) -> list[ClassFigures]:
        return per_class(self.pairs)

    def to_json(self) -> dict[str, Any]:
        """All figures, each class's, and each picture's."""
        return {
            "model": self.model,
            "data": self.data,
            "left_out": self.left_out,
            "report": self.report.to_json(),
            "classes": [one.to_json() for one in self.classes],
            "pictures": [_picture(*pair) for pair in self.pairs],
        }


def per_class(pairs: Sequence[Answered]) -> list[ClassFigures]:
    """The figures of each class that a person or the model named, by name."""
    said = [answer.found.label if answer.found is not None else None for _, answer in pairs]
    labels = {example.label for example, _ in pairs} | set(said)
    figures = []
    for label in sorted(label for label in labels if label is not None):
        own = [(e, a) for e, a in pairs if e.label == label]
        so_called = [e.label for (e, _), name in zip(pairs, said, strict=True) if name == label]
        precision = so_called.count(label) / len(so_called) if so_called else None
        names = Counter(a.found.label if a.found is not None else "" for _, a in own)
        figures.append(ClassFigures(label, report(own), precision, dict(names.most_common())))
    return figures


def evaluate(
    model: Model,
    data: Path,
    console: Console,
    data_format: str | None = None,
    objects: Objects = "largest",
    unseen_by: Run | None = None,
    out: Path | None = None,
) -> Evaluation:
    """Measure ``model`` on the pictures of ``data``, and say it on ``console``.

    unseen_by: a training whose pictures are left out, wherever they lie now.
    out: the folder to make, for evaluation.json and evaluation.html.
    """
    if out is not None:
        refuse_existing(out)
    with Progress(console) as progress:
        dataset = read_data(data, data_format, objects, progress.over("reading"))
        for fault in dataset.refused:
            say(console, f"refused {fault}")
        say(console, dataset.summary())
        examples = list(dataset.examples)
        if unseen_by is not None:
            examples = unseen(unseen_by, examples)
            if not examples:
                raise LocalizerError(
                    f"{unseen_by.folder} was trained with every picture of {data}, so none is left "
                    "to measure by; name other pictures, or leave --unseen-by out"
                )
        for note in doubts(model, examples):
            say(console, f"note: {note}")
        pairs = answered(examples, model.localize, progress.over("measuring"))
    left_out = len(dataset.examples) - len(examples)
    found = Evaluation(model.to_json(), str(data.resolve()), pairs, left_out)
    if out is not None:
        from train.pages.evaluation import evaluation_page

        with new_folder(out) as folder, writing_into(out):
            text = json.dumps(found.to_json(), indent=1, ensure_ascii=False) + "\n"
            (folder / "evaluation.json").write_text(text)
            (folder / "evaluation.html").write_text(evaluation_page(found))
    return found


def unseen(run: Run, examples: Sequence[Example]) -> list[Example]:
    """Those of ``examples`` whose content neither trained ``run`` nor stopped its training."""
    seen = {row["sha256"] for name in ("train", "validation") for row in run.lists[name]}
    return [example for example in examples if digest(example.path) not in seen]


def doubts(model: Model, examples: Sequence[Example]) -> list[str]:
    """What makes figures of ``model`` on ``examples`` look better or worse than they are."""
    notes = []
    if model.run is not None:
        seen = len(examples) - len(unseen(model.run, examples))
        if seen:
            notes.append(
                f"{seen} of these {len(examples)} pictures trained the model, so the figures are "
                f"too good; leave them out with --unseen-by {model.run.folder}"
            )
    names = {e.label for e in examples if e.label is not None} - set(model.card.labels)
    if names:
        notes.append(
            f"the model does not know {', '.join(sorted(names))}, so those pictures count as wrong;"
            f" it knows {', '.join(model.card.labels)}"
        )
    return notes


def table_of(classes: Sequence[ClassFigures]) -> Table:
    """The figures of each class, for a terminal."""
    table = Table(box=None, pad_edge=False)
    table.add_column("class", overflow="fold")
    for name in (*_HEADINGS, "called instead"):
        table.add_column(name, justify="left" if name == "called instead" else "right")
    for one in classes:
        table.add_row(Text(one.label), *cells_of(one), Text(called_instead(one)))
    return table


_HEADINGS = ("pictures", "mean IoU", "≥ 0.5", "≥ 0.75", "recall", "precision", "withheld")


def headings() -> tuple[str, ...]:
    """What ``cells_of`` gives."""
    return _HEADINGS


def cells_of(one: ClassFigures) -> list[str]:
    """The figures of a class as text, a dash where there is nothing to tell."""
    of = one.report
    shares = [of.mean_iou, of.iou50, of.iou75, of.accuracy, one.precision]
    texts = [f"{share:.3f}" if share is not None else "–" for share in shares]
    return [str(sum(one.called.values())), *texts, str(of.withheld)]


def called_instead(one: ClassFigures) -> str:
    """What the pictures of a class were called wrongly."""
    wrong = {name: count for name, count in one.called.items() if name != one.label}
    return ", ".join(f"{name or 'nothing'} {count}" for name, count in wrong.items())


def _picture(example: Example, answer: Any) -> dict[str, Any]:
    found = answer.found
    return {
        "path": str(example.path),
        "box": list(example.box.edges) if example.box is not None else None,
        "label": example.label,
        "found": {
            "box": [round(edge, 5) for edge in found.box.edges],
            "label": found.label,
            "score": round(found.score, 4),
        }
        if found is not None
        else None,
        "presence": round(answer.presence, 4),
        "iou": round(overlap(example, answer), 4) if example.box is not None else None,
    }
