"""The report of a comparison: figures as JSON, and a page that asks no other host for anything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
import numpy.typing as npt

from convert.compare import FLOAT, Comparison, Row
from convert.worst_sheet import worst_sheet
from edge.image import Image, write_image
from train.pages.page import chart, charts, inlined, number, table
from train.pages.page import page as page_of
from train.report import Report
from train.run_folder import new_folder, writing_into

_BINS = np.linspace(-0.2, 0.2, 21)  # of IoU; what is further off goes into the outer ones


def write_report(
    out: Path, comparison: Comparison, limit: float, title: str, remarks: Sequence[str] = ()
) -> None:
    """Make the folder ``out``: verify.json, verify.html, worst.png.

    remarks: how the file came about, for the page; sentences without their full stop.
    Raises LocalizerError where it exists or cannot be written; then nothing is left.
    """
    rows = comparison.worst()
    sheet = worst_sheet(rows, comparison.others)
    with new_folder(out) as folder:
        with writing_into(out):
            content = json.dumps(comparison.to_json(limit), indent=1, ensure_ascii=False)
            (folder / "verify.json").write_text(content + "\n")
            (folder / "verify.html").write_text(
                page(comparison, limit, title, rows, sheet, remarks)
            )
        write_image(folder / "worst.png", sheet)


def page(
    comparison: Comparison,
    limit: float,
    title: str,
    rows: Sequence[Row],
    sheet: Image,
    remarks: Sequence[str] = (),
) -> str:
    """The whole page as HTML, its picture inlined; ``remarks`` as ``write_report`` takes it."""
    refusal = comparison.refusal(limit)
    verdict = (
        f'<p class="verdict refused"><b>Refused.</b> {escape(refusal)}.</p>'
        if refusal
        else '<p class="verdict passed"><b>Passed.</b> No model loses more than '
        f"{limit:g} of mean IoU against float.</p>"
    )
    names = ", ".join((FLOAT, *comparison.others))
    histograms = [
        chart(f"{name}: pictures by their IoU less float's", *_histogram(comparison.gains(name)))
        for name in comparison.others
    ]
    return page_of(
        title,
        f"""{verdict}
{"".join(f"<p>{escape(sentence)}.</p>" for sentence in remarks)}
<h2>The same {len(comparison.rows)} held-out pictures</h2>
{_figures(comparison)}
<h2>What changes from picture to picture</h2>
{charts(*histograms)}
<h2>The {len(rows)} pictures that lost most</h2>
<p>Truth, {escape(names)}; the worst first.</p>
<img alt="The same pictures as in the table below, with the box of truth and of each model"
 width="{sheet.shape[1]}" height="{sheet.shape[0]}" src="{inlined(sheet)}">
{_pictures(comparison, rows)}""",
    )


def _figures(comparison: Comparison) -> str:
    names = (FLOAT, *comparison.others)
    reports = [comparison.report(name) for name in names]
    lines = [
        ("mean IoU", [number(one.mean_iou) for one in reports]),
        ("IoU at least 0.5", [number(one.iou50) for one in reports]),
        ("IoU at least 0.75", [number(one.iou75) for one in reports]),
        ("class right", [number(one.accuracy) for one in reports]),
        ("withheld", [f"{one.withheld} of {one.images}" for one in reports]),
        ("false alarms", [_alarms(one) for one in reports]),
        ("mean IoU less float's", ["", *(_gain(comparison.loss(name)) for name in names[1:])]),
        ("same class as float", ["", *(number(comparison.agreement(name)) for name in names[1:])]),
    ]
    return table(["", *names], [[what, *cells] for what, cells in lines])


def _pictures(comparison: Comparison, rows: Sequence[Row]) -> str:
    names = (FLOAT, *comparison.others)
    lines = [
        [row.example.name, row.example.label or "nothing", *(_seen(row, name) for name in names)]
        for row in rows
    ]
    return table(["picture", "truth", *names], lines)


def _seen(row: Row, name: str) -> str:
    label = row.label(name)
    return f"{row.iou(name):.3f} {label}" if label is not None else "nothing"


def _histogram(gains: npt.NDArray[np.float64]) -> tuple[str, str]:
    """Bars from what was lost (left) to what was won (right), as inline SVG, and a note on them."""
    if not gains.size:
        return "", "No picture shows an object."
    counts, _ = np.histogram(np.clip(gains, _BINS[0], _BINS[-1]), _BINS)
    width, height, tallest = 420, 140, max(int(counts.max()), 1)
    across = width / len(counts)
    bars = "".join(
        f'<rect x="{at * across + 1:.1f}" y="{height - height * count / tallest:.1f}" '
        f'width="{across - 2:.1f}" height="{height * count / tallest:.1f}" '
        f'class="{"lost" if _BINS[at] < -1e-9 else "won"}"><title>{count}</title></rect>'
        for at, count in enumerate(counts)
    )
    ticks = "".join(
        f'<text x="{(value - _BINS[0]) / np.ptp(_BINS) * width:.0f}" y="{height + 18}" '
        f'text-anchor="{anchor}">{text}</text>'
        for value, anchor, text in (
            (-0.2, "start", "−0.2 and less"), (-0.1, "middle", "−0.1"), (0.0, "middle", "0"),
            (0.1, "middle", "+0.1"), (0.2, "end", "+0.2"),
        )
    )  # fmt: skip
    median = float(np.median(gains))
    return (
        f'<svg viewBox="0 0 {width} {height + 24}" role="img" aria-label="From {gains.min():+.3f} '
        f'to {gains.max():+.3f}, the median {median:+.3f}">{bars}'
        f'<line x1="0" y1="{height}" x2="{width}" y2="{height}"/>{ticks}</svg>',
        f"least {gains.min():+.3f}, median {median:+.3f}, most {gains.max():+.3f}; "
        f"the tallest bar is {tallest} of {gains.size} pictures",
    )


def _gain(loss: float | None) -> str:
    return f"{-loss:+.3f}" if loss is not None else "–"


def _alarms(one: Report) -> str:
    return f"{one.false_alarms} of {one.empty}" if one.empty else "–"
