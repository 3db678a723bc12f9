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

from convert.quantize import full_int8
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
    int8: Report
    pairs: Sequence[Answered]
    """The int8 file's answers."""


def convert(run_folder: Path, out: Path, sheet: Path | None, console: Console) -> Converted:
    """Quantize the run's model into ``out``, and measure both through the device's localizer.

    sheet: where to draw truth and int8 prediction side by side, if anywhere.
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
        flatbuffer = full_int8(model, watch(prepared(chosen, run.card.width)))
        floats = answered(held_out, float_localizer(model, run.card), progress.over("float"))
        floating = report(floats)
        beside = out.with_name(out.name + ".part")
        try:
            # measured as the file that will be released, by the code that the device runs
            beside.write_bytes(with_card(flatbuffer, run.card))
            locate, _ = load_localizer(beside, threads=2)
            pairs = answered(held_out, locate, progress.over("int8"))
            int8 = report(pairs)
            card = replace(
                run.card,
                quality={"float": floating.to_json(), "int8": int8.to_json()},
                made={
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
    return Converted(floating, int8, pairs)


def _spread(items: Sequence[T], count: int) -> list[T]:
    """At most ``count`` of ``items``, evenly apart."""
    places = np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int)
    return [items[place] for place in places]
