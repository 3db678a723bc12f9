"""The report is one page that needs nothing else, and says what the figures say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convert.compare import compared
from convert.report_page import page, write_report
from convert.worst_sheet import worst_sheet
from edge.box import Box
from edge.errors import LocalizerError
from edge.image import read_image, write_image
from edge.observation import Answer, Localization
from train.example import Example

TRUE, OFF = Box(0.2, 0.2, 0.6, 0.6), Box(0.2, 0.2, 0.6, 0.5)
EVIL = '<script src="https://evil.example/x.js">&'


@pytest.fixture
def comparison(tmp_path):
    """One picture with an object of an evil name, one without."""
    examples = []
    for name, box in (("a.png", TRUE), ("b<b>.png", None)):
        write_image(tmp_path / name, np.full((60, 80, 3), 128, np.uint8))
        examples.append(Example(tmp_path / name, box, EVIL if box else None))
    exact = [Answer(Localization(TRUE, EVIL, 0.9), 0.9), Answer(None, 0.1)]
    coarse = [Answer(Localization(OFF, EVIL, 0.8), 0.9), Answer(None, 0.1)]
    floats, int8 = (list(zip(examples, told, strict=True)) for told in (exact, coarse))
    return compared(float=floats, int8=int8)


def written(comparison, limit):
    rows = comparison.worst()
    sheet = worst_sheet(rows, comparison.others)
    return page(comparison, limit, f"model against {EVIL}", rows, sheet)


def test_the_page_asks_nobody_for_anything(comparison, asks_nobody):
    asks_nobody(written(comparison, 0.01))


def test_names_are_shown_and_not_obeyed(comparison):
    text = written(comparison, 0.01)
    assert "&lt;script src=&quot;https://evil.example" in text
    assert "b&lt;b&gt;.png" in text


@pytest.mark.parametrize(("limit", "verdict"), [(0.01, "<b>Refused.</b>"), (0.5, "<b>Passed.</b>")])
def test_the_verdict_comes_first(comparison, limit, verdict):
    text = written(comparison, limit)
    assert verdict in text
    assert text.index(verdict) < text.index("<table>")


def test_the_figures_are_those_of_the_comparison(comparison):
    text = written(comparison, 0.01)
    assert "<td>1.000</td><td>0.750</td>" in text  # mean IoU: three quarters of the box are left
    assert "<td>-0.250</td>" in text


def test_how_the_file_was_made_stands_under_the_verdict(comparison):
    rows = comparison.worst()
    sheet = worst_sheet(rows, comparison.others)
    threshold = "presence threshold of the file 0.91: <reached by 3"
    text = page(comparison, 0.01, "a title", rows, sheet, [threshold])
    assert text.index("Refused") < text.index("0.91: &lt;reached by 3.") < text.index("<table>")


def test_light_and_dark_are_both_there(comparison):
    text = written(comparison, 0.01)
    assert "prefers-color-scheme: dark" in text
    assert 'content="light dark"' in text


def test_the_folder_holds_the_page_the_figures_and_the_picture(comparison, tmp_path):
    write_report(tmp_path / "report", comparison, 0.01, "a title")
    names = sorted(path.name for path in (tmp_path / "report").iterdir())
    assert names == ["verify.html", "verify.json", "worst.png"]
    assert read_image(tmp_path / "report" / "worst.png").shape[2] == 3


def test_an_existing_folder_is_kept(comparison, tmp_path):
    with pytest.raises(LocalizerError, match="exists and is not overwritten"):
        write_report(tmp_path, comparison, 0.01, "a title")


def test_without_an_object_the_page_says_so(tmp_path):
    write_image(tmp_path / "e.png", np.zeros((8, 8, 3), np.uint8))
    pairs = [(Example(Path(tmp_path / "e.png"), None, None), Answer(None, 0.1))]
    assert "No picture shows an object." in written(compared(float=pairs, int8=pairs), 0.01)
