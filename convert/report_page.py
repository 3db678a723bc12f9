"""The report of a comparison: figures as JSON, and a page that asks no other host for anything."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from convert.compare import FLOAT, Comparison, Row
from convert.worst_sheet import worst_sheet
from edge.errors import LocalizerError
from edge.image import Image, write_image
from train.report import Report
from train.run_folder import new_folder

_BINS = np.linspace(-0.2, 0.2, 21)  # of IoU; what is further off goes into the outer ones


def write_report(out: Path, comparison: Comparison, limit: float, title: str) -> None:
    """Make the folder ``out``: verify.json, verify.html, worst.png.

    Raises LocalizerError where it exists or cannot be written; then nothing is left.
    """
    rows = comparison.worst()
    sheet = worst_sheet(rows, comparison.others)
    with new_folder(out) as folder:
        try:
            content = json.dumps(comparison.to_json(limit), indent=1, ensure_ascii=False)
            (folder / "verify.json").write_text(content + "\n")
            (folder / "verify.html").write_text(page(comparison, limit, title, rows, sheet))
        except OSError as error:
            raise LocalizerError(
                f"{out} cannot be written: {error.strerror}; make room or name another place"
            ) from error
        write_image(folder / "worst.png", sheet)


def page(
    comparison: Comparison, limit: float, title: str, rows: Sequence[Row], sheet: Image
) -> str:
    """The whole page as HTML, its picture inlined."""
    refusal = comparison.refusal(limit)
    verdict = (
        f'<p class="verdict refused"><b>Refused.</b> {escape(refusal)}.</p>'
        if refusal
        else '<p class="verdict passed"><b>Passed.</b> No model loses more than '
        f"{limit:g} of mean IoU against float.</p>"
    )
    histograms = "".join(
        f"<figure><figcaption>{escape(name)}: pictures by their IoU less float's</figcaption>"
        f"{_histogram(comparison.gains(name))}</figure>"
        for name in comparison.others
    )
    names = ", ".join(escape(name) for name in (FLOAT, *comparison.others))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{verdict}
<h2>The same {len(comparison.rows)} held-out pictures</h2>
<div class="wide">{_figures(comparison)}</div>
<h2>What changes from picture to picture</h2>
<div class="histograms">{histograms}</div>
<h2>The {len(rows)} pictures that lost most</h2>
<p>Truth, {names}; the worst first.</p>
<img alt="The same pictures as in the table below, with the box of truth and of each model"
 width="{sheet.shape[1]}" height="{sheet.shape[0]}" src="{_inlined(sheet)}">
<div class="wide">{_pictures(comparison, rows)}</div>
</main>
</body>
</html>
"""


def _figures(comparison: Comparison) -> str:
    names = (FLOAT, *comparison.others)
    reports = [comparison.report(name) for name in names]
    lines = [
        ("mean IoU", [_number(one.mean_iou) for one in reports]),
        ("IoU at least 0.5", [_number(one.iou50) for one in reports]),
        ("IoU at least 0.75", [_number(one.iou75) for one in reports]),
        ("class right", [_number(one.accuracy) for one in reports]),
        ("withheld", [f"{one.withheld} of {one.images}" for one in reports]),
        ("false alarms", [_alarms(one) for one in reports]),
        ("mean IoU less float's", ["", *(_gain(comparison.loss(name)) for name in names[1:])]),
        ("same class as float", ["", *(_number(comparison.agreement(name)) for name in names[1:])]),
    ]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(
        f'<tr><th scope="row">{what}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
        for what, cells in lines
    )
    return f"<table><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>"


def _pictures(comparison: Comparison, rows: Sequence[Row]) -> str:
    names = (FLOAT, *comparison.others)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(
        f'<tr><th scope="row">{escape(row.example.name)}</th>'
        f"<td>{escape(row.example.label or 'nothing')}</td>"
        + "".join(f"<td>{_seen(row, name)}</td>" for name in names)
        + "</tr>"
        for row in rows
    )
    return (
        '<table><thead><tr><th scope="col">picture</th><th scope="col">truth</th>'
        f"{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _seen(row: Row, name: str) -> str:
    label = row.label(name)
    return f"{row.iou(name):.3f} {escape(label)}" if label is not None else "nothing"


def _histogram(gains: npt.NDArray[np.float64]) -> str:
    """Bars from what was lost (left) to what was won (right), as inline SVG."""
    if not gains.size:
        return "<p>No picture shows an object.</p>"
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
        f'<line x1="0" y1="{height}" x2="{width}" y2="{height}"/>{ticks}</svg>'
        f"<p>least {gains.min():+.3f}, median {median:+.3f}, most {gains.max():+.3f}; "
        f"the tallest bar is {tallest} of {gains.size} pictures</p>"
    )


def _inlined(sheet: Image) -> str:
    good, data = cv2.imencode(
        ".jpg", cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 82]
    )
    if not good:
        raise LocalizerError("the sheet cannot be encoded as JPEG; reinstall OpenCV")
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode()


def _number(value: float | None) -> str:
    return f"{value:.3f}" if value is not None else "–"


def _gain(loss: float | None) -> str:
    return f"{-loss:+.3f}" if loss is not None else "–"


def _alarms(one: Report) -> str:
    return f"{one.false_alarms} of {one.empty}" if one.empty else "–"


_STYLE = """
:root { color-scheme: light dark; --ink: #1c2128; --ground: #fff; --line: #d0d7de;
  --quiet: #57606a; --lost: #b35900; --won: #1a7f37; --refused: #ffebe9; --passed: #dafbe1; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --ground: #0d1117; --line: #3d444d; --quiet: #9198a1;
    --lost: #f0883e; --won: #3fb950; --refused: #4b1113; --passed: #12301c; } }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.verdict { padding: 12px 16px; border-radius: 6px; overflow-wrap: anywhere; }
.refused { background: var(--refused); } .passed { background: var(--passed); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 14px 4px 0; text-align: left; border-bottom: 1px solid var(--line); }
th[scope=row] { font-weight: normal; }
.histograms { display: flex; flex-wrap: wrap; gap: 24px; }
figure { margin: 0; flex: 1 1 320px; max-width: 480px; }
figcaption, figure p { color: var(--quiet); font-size: .9rem; }
svg { width: 100%; height: auto; } svg text { fill: var(--quiet); font-size: 12px; }
svg line { stroke: var(--line); } .lost { fill: var(--lost); } .won { fill: var(--won); }
img { max-width: 100%; height: auto; border-radius: 6px; }
"""
