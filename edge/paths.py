"""Paths of the command line: an empty one is told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click


class Place(click.Path):
    """A path; what a variable that is not set leaves would else be the current folder."""

    def __init__(self, **asked: Any) -> None:
        """asked: what ``click.Path`` is to look at."""
        super().__init__(path_type=Path, **asked)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        if value == "":
            self.fail("give a path. Received: ''", param, ctx)
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            kind = "a folder" if not self.file_okay else "a file" if not self.dir_okay else "a path"
            there = "exists and " if self.exists else ""
            self.fail(
                f"give {kind} that {there}can be read. Received: {os.fspath(value)!r}", param, ctx
            )
