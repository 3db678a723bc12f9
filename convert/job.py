"""The whole conversion job: from RUN to a file that carries its own description."""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from rich.console import Console

from convert.compare import FLOAT, compared
from convert.golden import Candidate, candidates, golden, spread
from convert.int8 import Lessons, tuned_int8
from convert.limit import LIMIT
from convert.quantize import converted
from convert.report_page import write_report
from convert.threshold import own_threshold
from edge.bundle import write_model
from edge.card import with_card
from edge.errors import LocalizerError
from edge.golden.replay import replay_golden
from edge.localizer import Localizer, load_localizer
from train.example import Example
from train.floating import float_localizer, load_model
from train.photos import prepared
from train.progress import Progress, say
from train.quiet import start_keras
from train.report import Answered, Report, answered
from train.run_folder import Run, digest, load_run, refuse_existing, versions
from train.sheet import worst, write_sheet

T = TypeVar("T")
_CALIBRATION = 200  # pictures; more made no difference


@dataclass(frozen=True, slots=True)
class Converted:
    """A released file and what was measured on the held-out pictures."""

    floating: Report
    released: Report
    """The file's own, in its precision."""
    pairs: Sequence[Answered]
    """The file's answers."""
    proof: str
    """How its golden examples were answered, or why it carries none."""


def convert(
    run_folder: Path,
    out: Path,
    sheet: Path | None,
    console: Console,
    precision: str = "int8",
    data: Path | None = None,
    limit: float = LIMIT,
    report_in: Path | None = None,
    with_golden: bool = True,
) -> Converted:
    """Convert the run's model into ``out``, and measure both through the device's localizer.

    sheet: where to draw truth and the file's prediction side by side, if anywhere.
    precision: one of convert.quantize.BYTES_A_WEIGHT.
    data: the folder of the run's pictures where they moved.
    limit: the mean IoU that the file may lose against the float model.
    report_in: the folder to make for the comparison, which is made for a refused file too.
    with_golden: whether pictures travel in the file to prove it on the device.
    Raises LocalizerError for what the user can mend; then ``out`` does not exist.
    """
    _refuse_places(path for path in (out, sheet, report_in) if path is not None)
    run = load_run(run_folder, data)
    held_out = run.examples("held_out")
    training = run.examples("train")
    with Progress(console) as progress, _workplace() as place:
        start_keras(0)
        model = load_model(run.model)
        floating = float_localizer(model, run.card)
        remarks: list[str] = []

        def tell(remark: str) -> None:
            remarks.append(remark)
            say(console, remark)

        flatbuffer, locate = _made(model, run, training, precision, place, progress, tell)
        floats = answered(held_out, floating, progress.over(FLOAT))
        pairs = answered(held_out, locate, progress.over(precision))
        comparison = compared(**{FLOAT: floats, precision: pairs})
        if report_in is not None and pairs:
            title = f"{out.name} against {run_folder.name}"
            write_report(report_in, comparison, limit, title, remarks)
        refusal = comparison.refusal(limit)
        if refusal is not None:
            raise LocalizerError(f"{out} is not written: {refusal}")

        def more(labels: Iterable[str]) -> list[Candidate]:
            some = spread(training, labels)
            return candidates(answered(some, floating), answered(some, locate))

        golden_files = golden(candidates(floats, pairs), more, locate) if with_golden else {}
        figures = {name: comparison.report(name) for name in (FLOAT, precision)}
        card = replace(
            run.card,
            presence_threshold=locate.threshold,
            quality={name: one.to_json() for name, one in figures.items()},
            made={
                "precision": precision,
                "backbone": run.backbone,
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "data_sha256": run.data_digest,
                "weights_sha256": digest(run.model),
                "versions": versions() | {"python": platform.python_version()},
            },
        )
        content = with_card(flatbuffer, card, golden_files)
        whole = place.file(content)  # what is released is proved as it will be read
        released, _ = load_localizer(whole, threads=2)
        if golden_files:
            proof = replay_golden(whole, released)
        elif with_golden:
            proof = "golden: no example, because the model is not sure enough of any picture"
        else:
            proof = "golden: no example, as asked; nothing will prove the file on a device"
    refuse_existing(out)
    write_model(out, content)
    if sheet is not None and pairs:
        write_sheet(sheet, _spread(pairs, 12) + worst(pairs, 4))
    return Converted(figures[FLOAT], figures[precision], pairs, proof)


def _made(
    model: Any,
    run: Run,
    training: Sequence[Example],
    precision: str,
    place: _Workplace,
    progress: Progress,
    tell: Callable[[str], None],
) -> tuple[bytes, Localizer]:
    """The flatbuffer and the device's localizer of it; ``tell`` hears how they came about."""
    lessons = Lessons(
        training,
        run.examples("validation"),
        run.recipe,
        int(run.settings["seed"]),
        float(run.settings.get("false_alarms", 0.01)),  # older runs do not say it
    )
    if precision == "int8":
        chosen = progress.over("decoding")(_spread(training, _CALIBRATION))
        pictures = prepared(chosen, run.card.width)
        flatbuffer, repair = tuned_int8(model, run.card, pictures, lessons, progress)
        tell(repair)
    else:
        flatbuffer = converted(model, precision, ())
    # measured as a file, by the code that the device runs
    locate, _ = load_localizer(place.file(with_card(flatbuffer, run.card)), threads=2)
    presence = own_threshold(locate, lessons)
    if presence is not None:
        tell(f"presence threshold of the file {presence}")
        locate.threshold = presence.threshold
    return flatbuffer, locate


def _refuse_places(paths: Iterable[Path]) -> None:
    """Raise LocalizerError where one of ``paths`` exists, or cannot be made."""
    for path in paths:
        refuse_existing(path)
        if not path.parent.is_dir():
            raise LocalizerError(f"{path.parent} is no folder; make it, or name another")


@dataclass(frozen=True, slots=True)
class _Workplace:
    """A folder that vanishes, for model files that are looked at before one is released."""

    folder: Path

    def file(self, content: bytes) -> Path:
        """A model file of that content."""
        path = self.folder / f"{len(list(self.folder.iterdir()))}.tflite"
        write_model(path, content)
        return path


@contextmanager
def _workplace() -> Iterator[_Workplace]:
    with tempfile.TemporaryDirectory() as folder:
        yield _Workplace(Path(folder))


def _spread(items: Sequence[T], count: int) -> list[T]:
    """At most ``count`` of ``items``, evenly apart."""
    places = np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int)
    return [items[place] for place in places]
