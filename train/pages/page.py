"""The frame of every page: one file of HTML that asks no other host, or script, for anything."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

import cv2

from edge.errors import LocalizerError
from edge.image import Image

_QUALITY = 82  # of the JPEGs in a page


def page(title: str, body: str) -> str:
    """The whole page; ``body`` is HTML whose texts are escaped already."""
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
{body}
</main>
</body>
</html>
"""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of texts, each row's first cell its name, that scrolls where the screen is narrow."""
    titles = "".join(
        f'<th scope="col">{escape(text)}</th>' if text else "<td></td>" for text in head
    )
    lines = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for name, *cells in rows
    )
    head_row = f"<thead><tr>{titles}</tr></thead>" if head else ""
    return f'<div class="wide"><table>{head_row}<tbody>{lines}</tbody></table></div>'


def charts(*figures: str) -> str:
    """Charts beside each other as far as the screen has room."""
    return f'<div class="charts">{"".join(figures)}</div>'


def chart(caption: str, drawing: str, note: str = "") -> str:
    """A chart with what it shows above it; ``drawing`` is HTML."""
    below = f"<p>{escape(note)}</p>" if note else ""
    return f"<figure><figcaption>{escape(caption)}</figcaption>{drawing}{below}</figure>"


def inlined(image: Image) -> str:
    """The address of ``image`` inside the page itself."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    good, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not good:
        raise LocalizerError("a picture cannot be encoded as JPEG; reinstall OpenCV")
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode()


def number(value: float | None) -> str:
    """Three digits; a dash where there is nothing to tell."""
    return f"{value:.3f}" if value is not None else "–"


_STYLE = """
:root { color-scheme: light dark; --ink: #1c2128; --ground: #fff; --line: #d0d7de;
  --quiet: #57606a; --lost: #b35900; --won: #1a7f37; --refused: #ffebe9; --passed: #dafbe1;
  --first: #0969da; --second: #bc4c00; --panel: #f6f8fa; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --ground: #0d1117; --line: #3d444d; --quiet: #9198a1;
    --lost: #f0883e; --won: #3fb950; --refused: #4b1113; --passed: #12301c;
    --first: #58a6ff; --second: #f0883e; --panel: #161b22; } }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.verdict { padding: 12px 16px; border-radius: 6px; overflow-wrap: anywhere; }
.refused { background: var(--refused); } .passed { background: var(--passed); }
.told { background: var(--panel); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 14px 4px 0; text-align: left; border-bottom: 1px solid var(--line); }
th[scope=row] { font-weight: normal; }
.facts td { overflow-wrap: anywhere; min-width: 12rem; color: var(--quiet); }
.facts th { vertical-align: top; white-space: nowrap; }
@media (max-width: 600px) { .facts th, .facts td { display: block; white-space: normal; }
  .facts th { border: 0; padding-bottom: 0; } }
.charts { display: grid; gap: 24px;
  grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr)); }
figure { margin: 0; max-width: 480px; }
figcaption, figure p, .note { color: var(--quiet); font-size: .9rem; }
figure p { margin: 4px 0 0; }
svg { width: 100%; height: auto; } svg text { fill: var(--quiet); font-size: 13px; }
svg text.name { fill: var(--ink); font-size: 14px; }
svg line { stroke: var(--line); } .lost { fill: var(--lost); } .won { fill: var(--won); }
svg line.mark { stroke: var(--quiet); stroke-dasharray: 3 3; }
.first, .second { fill: none; stroke-width: 2; stroke-linejoin: round; }
.first { stroke: var(--first); } .second { stroke: var(--second); stroke-dasharray: 7 3; }
svg text.first { stroke: none; fill: var(--first); } svg circle.first { fill: var(--first); }
svg text.second { stroke: none; fill: var(--second); } svg circle.second { fill: var(--second); }
svg circle.bin { fill: var(--first); fill-opacity: .7; }
svg path.wire { fill: none; stroke: var(--quiet); stroke-width: 1.5; }
svg circle.layer { fill: var(--first); stroke: var(--ground); stroke-width: 2; }
.network { max-width: 560px; }
.shots { display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); }
.shots figure { max-width: none; overflow-wrap: anywhere; }
.shots figcaption { line-height: 1.35; }
.shots rect { fill: none; stroke-width: 2.5; vector-effect: non-scaling-stroke; }
.shots rect.rim { stroke: #000; stroke-width: 4.5; stroke-opacity: .55; }
.shots rect.truth { stroke: #00e676; stroke-dasharray: 6 4; } .shots rect.found { stroke: #ffd000; }
.key { display: inline-block; width: 22px; height: 0; margin: 0 4px 4px 0; }
.key.truth { border-top: 3px dashed #00b35c; } .key.found { border-top: 3px solid #d9a900; }
img { max-width: 100%; height: auto; border-radius: 6px; }
"""
