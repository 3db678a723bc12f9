"""The whole conversion job: from RUN to a file that carries its own description."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
from rich.console import Console

from convert.quantize import converted
from edge.card import with_card
from edge.errors import LocalizerError
from edge.localizer import load_localizer
from train.fit import versions
from train.floating import float_localizer, load_model
from train.photos import prepared
from train.progress import Progress
from train.quiet import start_keras
from train.report import Answered, Report, answered, report
from train.run_folder import digest, load_run, refuse_existing
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


def convert(
    run_folder: Path, out: Path, sheet: Path | None, console: Console, precision: str = "int8"
) -> Converted:
    """Convert the run's model into ``out``, and measure both through the device's localizer.

    sheet: where to draw truth and the file's prediction side by side, if anywhere.
    precision: one of convert.quantize.BYTES_A_WEIGHT.
    Raises LocalizerError for what the user can mend; then ``out`` does not exist.
    """
    for path in (out, sheet):
        if path is not None:
            refuse_existing(path)
            if not path.parent.is_dir():
                raise LocalizerError(f"{path.parent} is no folder; make it, or name another")
    run = load_run(run_folder)
    held_out = run.examples("held_out")
    chosen = _spread(run.examples("train"), _CALIBRATION)
    with Progress(console) as progress:
        start_keras(0)
        model = load_model(run.model)
        watch = progress.over("quantizing")
        pictures = watch(prepared(chosen, run.card.width)) if precision == "int8" else ()
        flatbuffer = converted(model, precision, pictures)
        floats = answered(held_out, float_localizer(model, run.card), progress.over("float"))
        floating = report(floats)
        beside = out.with_name(out.name + ".part")
        try:
            # measured as the file that will be released, by the code that the device runs
            beside.write_bytes(with_card(flatbuffer, run.card))
            locate, _ = load_localizer(beside, threads=2)
            pairs = answered(held_out, locate, progress.over(precision))
            released = report(pairs)
            card = replace(
                run.card,
                quality={"float": floating.to_json(), precision: released.to_json()},
                made={
                    "precision": precision,
                    "at": datetime.now(UTC).isoformat(timespec="seconds"),
                    "model_sha256": digest(run.model),
                    "versions": versions() | {"python": platform.python_version()},
                },
            )
            beside.write_bytes(with_card(flatbuffer, card))
            refuse_existing(out)
            beside.rename(out)
        except OSError as error:
            raise LocalizerError(f"{out} cannot be written: {error.strerror}") from error
        finally:
            beside.unlink(missing_ok=True)
    if sheet is not None and pairs:
        write_sheet(sheet, _spread(pairs, 12) + worst(pairs, 4))
    return Converted(floating, released, pairs)


def _spread(items: Sequence[T], count: int) -> list[T]:
    """At most ``count`` of ``items``, evenly apart."""
    places = np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int)
    return [items[place] for place in places]
