"""Measured rows on disk: a long run continues where it stopped."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge.beside import beside
from train.run_folder import versions

Row = dict[str, Any]
_ALL_BUT_ROWS = tuple(f":(top,exclude,glob)benchmarks/*.{kind}" for kind in ("json", "md"))


class Ledger:
    """The rows of a JSON file, each found again by its key."""

    def __init__(self, path: Path, key: tuple[str, ...]) -> None:
        """key: the names of the values that tell rows apart."""
        self._path = path
        self._key = key
        self.rows: list[Row] = json.loads(path.read_text()) if path.exists() else []

    def has(self, wanted: Mapping[str, Any]) -> bool:
        """Whether a row with the key values of ``wanted`` is there."""
        return self.row(wanted) is not None

    def row(self, wanted: Mapping[str, Any]) -> Row | None:
        """The row with the key values of ``wanted``; None where there is none."""
        same = (r for r in self.rows if all(r[name] == wanted[name] for name in self._key))
        return next(same, None)

    def add(self, row: Row) -> None:
        """Keep ``row``, with where and by what it was measured; the file is replaced at once.

        A row with the same key values is replaced.
        """
        self.rows = [kept for kept in self.rows if any(kept[n] != row[n] for n in self._key)]
        self.rows.append(row | circumstances())
        self.rows.sort(key=lambda kept: [str(kept[name]) for name in self._key])
        lines = ",\n".join(json.dumps(kept, ensure_ascii=False) for kept in self.rows)
        with beside(self._path) as part:
            part.write_text(f"[\n{lines}\n]\n")


def circumstances() -> Row:
    """Commit, versions, machine and date."""
    commit = _git("describe", "--always")
    # the rows themselves, which a run writes one by one, do not change what is measured
    if _git("status", "--porcelain", "--untracked-files=no", "--", ":/", *_ALL_BUT_ROWS):
        commit += "-dirty"
    return {
        "commit": commit,
        "versions": versions(),
        "machine": machine(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _git(*words: str) -> str:
    return subprocess.run(
        ["git", *words], capture_output=True, text=True, check=False
    ).stdout.strip()


def machine() -> str:
    """The processor in words, and how many cores this process may use."""
    import os

    cores = len(os.sched_getaffinity(0))
    names = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return f"{platform.machine()} {names[0] if names else ''}, {cores} cores"
