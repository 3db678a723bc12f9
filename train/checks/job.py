"""The whole check of a set: a table to read, JSON for programs, a sheet to look at."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from edge.errors import LocalizerError
from train.checks.findings import KINDS, Finding, findings, looked_at
from train.checks.sheet import write_suspects
from train.progress import Progress, say
from train.readers.data import Collection, dataset_of, read_collection
from train.run_folder import new_folder, refuse_existing
from train.split import split

_TOLD = 3  # findings of a kind that the terminal names


def check(
    data: Path,
    data_format: str | None,
    held_out: float | list[str],
    validation: float,
    seed: int,
    out: Path | None,
    console: Console,
) -> list[Finding]:
    """Check ``data``, print what was found, and leave it in the folder ``out``, where one is given.

    held_out, validation, seed: of the training whose lists are looked at, as ``train.split`` has
    them. Raises LocalizerError where there is nothing to check.
    """
    if out is not None:
        refuse_existing(out)
    start = time.monotonic()
    with Progress(console) as progress:
        found = read_collection(data, data_format, progress.over("reading"))
        if not found.pictures and not found.refused:
            raise LocalizerError(f"{data} holds no picture; name the folder of your pictures")
        lists = lists_of(found, held_out, validation, seed)
        others = looked_at(found, progress.over("refused"))
        everything = findings(found, lists, progress.over("comparing"), others)
    seconds = time.monotonic() - start
    _print(found, everything, console)
    files = len(found.pictures) + len(found.refused)
    rate = files / max(seconds, 1e-9)
    say(console, f"{files} files in {seconds:.1f} s ({rate:.0f} a second)")
    if out is not None:
        with new_folder(out) as folder:
            content = to_json(found, lists, everything)
            text = json.dumps(content, indent=1, ensure_ascii=False)
            # a name that is not UTF-8 becomes JSON's own escape, which json.loads gives back
            (folder / "check.json").write_text(text + "\n", "utf-8", "backslashreplace")
            tiles = write_suspects(folder / "suspects.png", everything, found.pictures)
        look = f"; look at {out}/suspects.png" if tiles else ""
        say(console, f"written: {out}/check.json{look}")
    return everything


def lists_of(
    found: Collection, held_out: float | list[str], validation: float, seed: int
) -> dict[Path, str]:
    """Which list of a training each picture would be in; empty where it could not be split."""
    try:
        parts = split(dataset_of(found, "largest").examples, held_out, validation, seed)
    except LocalizerError:
        if not isinstance(held_out, float):
            raise
        return {}
    named = {"train": parts.train, "validation": parts.validation, "held out": parts.held_out}
    return {example.path: name for name, some in named.items() for example in some}


def to_json(
    found: Collection, lists: Mapping[Path, str], everything: Sequence[Finding]
) -> dict[str, Any]:
    """What was found, for programs."""
    boxed = sum(thing.box is not None for picture in found.pictures for thing in picture.things)
    return {
        "folder": str(found.folder),
        "format": found.data_format,
        "pictures": len(found.pictures),
        "refused": len(found.refused),
        "empty": sum(not picture.things for picture in found.pictures),
        "boxes": boxed,
        "classes": dict(sorted(classes(found).items())),
        "split": dict(Counter(lists.values())),
        "counts": {kind: count for kind, count in counts(everything).items() if count},
        "findings": [_row(one) for one in everything],
    }


def _row(one: Finding) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "files": [str(path) for path in one.paths],
        "line": one.line,
        "rule": one.rule,
        "box": list(one.box.edges) if one.box is not None else None,
    }


def classes(found: Collection) -> Counter[str]:
    """How many objects each class has."""
    return Counter(thing.label for picture in found.pictures for thing in picture.things)


def counts(everything: Sequence[Finding]) -> dict[str, int]:
    """How many findings each kind has."""
    number = Counter(one.kind for one in everything)
    return {kind: number[kind] for kind in KINDS}


def _print(found: Collection, everything: Sequence[Finding], console: Console) -> None:
    pictures, refused = len(found.pictures), len(found.refused)
    empty = sum(not picture.things for picture in found.pictures)
    # as Text, so that brackets and colons in them stay what they are
    title = Text(f"{found.folder} ({found.data_format})", "table.title")
    table = Table(title=title, title_justify="left")
    table.add_column("what")
    table.add_column("count", justify="right")
    table.add_row("pictures that can be used", str(pictures))
    table.add_row("of them empty", str(empty))
    table.add_row("files refused", str(refused))
    for label, count in sorted(classes(found).items()):
        table.add_row(Text(f"class {label}"), str(count))
    console.print(table)
    if not everything:
        say(console, "nothing to look at")
        return
    suspects = Table(title="to look at", title_justify="left")
    suspects.add_column("kind")
    suspects.add_column("meaning")
    suspects.add_column("count", justify="right")
    for kind, count in counts(everything).items():
        if count:
            suspects.add_row(kind, KINDS[kind], str(count))
    console.print(suspects)
    for kind in KINDS:
        told = [one for one in everything if one.kind == kind]
        for one in told[:_TOLD]:
            say(console, f"{kind}: {one}")
        if len(told) > _TOLD:
            say(console, f"{kind}: {len(told) - _TOLD} more")
