"""What a closer look is worth: held-out pictures with one look and with two.

``python -m benchmarks.closer`` asks the model files that ``benchmarks.accuracy`` kept, each on the
pictures that its training held out; nothing is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.accuracy import by_picture, figures
from benchmarks.kept import asks_kept
from benchmarks.ledger import Row
from edge.localizer import load_localizer
from train.example import Example
from train.report import answered


def looks(model: Path, examples: Sequence[Example]) -> Row:
    """Figures and pictures of the same file with one look, and with a closer one."""
    localizer, _ = load_localizer(model, threads=2)
    found: Row = {"areas": {e.name: round(e.box.area, 4) for e in examples if e.box is not None}}
    for name, closer in (("one", False), ("closer", True)):
        localizer.closer = closer
        pairs = answered(examples, localizer)
        found[name] = figures(pairs)
        found[f"{name}_pictures"] = by_picture(pairs)
    return found


main = asks_kept(
    "closer",
    lambda asked: looks(asked.model, asked.examples),
    "pets,produce",
    "Measure what is missing of one look and a closer one, then write RESULTS.md.",
)


if __name__ == "__main__":
    main()
