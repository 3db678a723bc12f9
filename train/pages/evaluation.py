"""A model's figures on labelled pictures as a page: classes, reliability, best and worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from train.evaluate import Evaluation, called_instead, cells_of, headings, per_class
from train.pages.charts import Reliability, reliability, reliability_plot
from train.pages.gallery import KEY, extremes, gallery
from train.pages.page import chart, charts, page, table
from train.report import Answered, Report, report


def evaluation_page(found: Evaluation) -> str:
    """The whole page of an evaluation."""
    facts = {"data": found.data, **found.model}
    if found.left_out:
        facts["left out"] = f"{found.left_out} pictures that trained it"
    name = found.model["file"]
    return page(f"{name} on {found.data}", measured(found.pairs) + facts_table(facts))


def measured(pairs: Sequence[Answered], more: str = "") -> str:
    """The figures of ``pairs`` as HTML; ``more`` comes between them and the pictures."""
    if not pairs:
        return f"{verdict(report(pairs))}{more}"
    worst, best = extremes(pairs)
    parts = [
        verdict(report(pairs)),
        more,
        f"<h2>Each class of the {len(pairs)} pictures</h2>",
        class_table(pairs),
        "<h2>Whether its confidence is true</h2>",
        _reliabilities(pairs),
        f"<h2>The {len(worst)} worst pictures</h2>",
        KEY,
        gallery(worst),
    ]
    if best:
        parts += [f"<h2>The {len(best)} best pictures</h2>", gallery(best)]
    return "\n".join(parts)


def verdict(figures: Report) -> str:
    """The figures in one sentence."""
    return f'<p class="verdict told">Held against what people drew: {escape(str(figures))}.</p>'


def class_table(pairs: Sequence[Answered]) -> str:
    """A row for each class."""
    rows = [[one.label, *cells_of(one), called_instead(one)] for one in per_class(pairs)]
    return table(["class", *headings(), "called instead"], rows)


def facts_table(facts: Mapping[str, Any]) -> str:
    """Where the figures come from: a row for each fact."""
    rows = [[name, _said(value)] for name, value in facts.items()]
    return f'<h2>Where this comes from</h2><div class="facts">{table([], rows)}</div>'


def class_reliability(pairs: Sequence[Answered]) -> Reliability | None:
    """The score of what was found, against whether it is of that class."""
    found = [(e, a.found) for e, a in pairs if a.found is not None and not e.empty]
    return reliability([f.score for _, f in found], [f.label == e.label for e, f in found])


def presence_reliability(pairs: Sequence[Answered]) -> Reliability | None:
    """The presence, against whether an object is there; None where one is in every picture."""
    if not any(example.empty for example, _ in pairs):
        return None
    return reliability([a.presence for _, a in pairs], [not e.empty for e, _ in pairs])


def _reliabilities(pairs: Sequence[Answered]) -> str:
    plots = []
    for caption, of in (
        ("class: share right, by the score", class_reliability(pairs)),
        ("presence: share with an object, by the presence", presence_reliability(pairs)),
    ):
        if of is not None:
            note = (
                f"expected calibration error {of.error:.3f} over {of.count} pictures; a larger dot "
                "stands for more of them"
            )
            plots.append(chart(caption, reliability_plot(of), note))
    if not plots:
        return "<p>Nothing was found, so there is no confidence to judge.</p>"
    return charts(*plots)


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_said(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_said, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)
