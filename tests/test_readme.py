"""The README's tree is the tree."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("edge", "train", "convert", "benchmarks")


def told() -> set[str]:
    """The files in the README's tree, by their paths."""
    tree = re.search(r"```\n(edge/ .*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert tree is not None
    places: list[str] = []
    found = set()
    for line in tree[1].splitlines():
        name = line.split()[0]
        depth = (len(line) - len(line.lstrip())) // 2
        places[depth:] = [name]
        if name.endswith(".py"):
            found.add("".join(places))
    return found


def test_every_module_stands_in_the_tree_and_nothing_else() -> None:
    there = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__init__.py"
    }
    assert told() == there


def test_commands_stand_within_the_first_twenty_lines() -> None:
    head = "\n".join((ROOT / "README.md").read_text().splitlines()[:20])
    for command in ("make demo", "make test", "edge-train fit", "edge-convert tflite", "edge-run"):
        assert command in head
