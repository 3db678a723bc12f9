"""Text files that people's tools wrote: read whole, with the line of every fault."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from train.readers.annotation import Unusable, shown

Place = tuple[str | int, ...]
"""The way to a value: names of fields and numbers in lists."""

_SIGN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:\n]', re.DOTALL)


def read_text(path: Path) -> str:
    """The text in ``path``, UTF-8 with or without a mark; raises Unusable where it is none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Unusable(
            f"cannot be read ({error.strerror}); check its rights", kind="unreadable"
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Unusable("is not UTF-8 text; save it as UTF-8", line, "unreadable") from error


class JsonFile:
    """A JSON file's content, and the line where each of its values begins."""

    def __init__(self, path: Path) -> None:
        """Read ``path``; raises Unusable where it is no JSON."""
        self.path = path
        self._text = read_text(path)
        self._lines: dict[Place, int] | None = None
        try:
            self.content: Any = json.loads(self._text)
        except json.JSONDecodeError as error:
            raise Unusable(
                f"is not readable JSON ({error.msg}); export it again", error.lineno, "unreadable"
            ) from error
        except (ValueError, RecursionError) as error:
            raise Unusable(
                "is not readable JSON (nested too deep, or a number of thousands of digits); "
                "export it again",
                kind="unreadable",
            ) from error

    def line(self, *place: str | int) -> int:
        """The line of the object or list at ``place``, or of what holds it."""
        if self._lines is None:
            self._lines = _lines(self._text)
        while place not in self._lines and place:
            place = place[:-1]
        return self._lines.get(place, 1)

    def rows(self, name: str | None) -> list[tuple[int, dict[str, Any]]]:
        """The objects, with their numbers, in the list called ``name``, or in the file itself."""
        content = self.content if name is None else self.content.get(name)
        if not isinstance(content, list):
            raise Unusable(
                f"has {shown(content)} where the list {name or 'of tasks'} should be; "
                "export it again",
                kind="unreadable",
            )
        return [(at, row) for at, row in enumerate(content) if isinstance(row, dict)]

    def strangers(self, name: str | None) -> list[int]:
        """The lines of what is no object in the list that ``rows`` reads."""
        content = self.content if name is None else self.content[name]
        at = [n for n, row in enumerate(content) if not isinstance(row, dict)]
        return [self.line(*([] if name is None else [name]), n) for n in at]


def _lines(text: str) -> dict[Place, int]:
    """Where each object and list in valid JSON begins."""
    found: dict[Place, int] = {}
    place: list[str | int] = []
    in_list: list[bool] = []
    line, expects_name = 1, False
    for match in _SIGN.finditer(text):
        sign = match[0]
        if sign == "\n":
            line += 1
        elif sign in "{[":
            found[tuple(place)] = line
            in_list.append(sign == "[")
            place.append(0 if sign == "[" else "")
            expects_name = sign == "{"
        elif sign in "}]":
            in_list.pop()
            place.pop()
            expects_name = False
        elif sign == ",":
            if in_list[-1]:
                place[-1] = int(place[-1]) + 1
            else:
                expects_name = True
        elif sign == ":":
            expects_name = False
        elif expects_name:
            place[-1] = json.loads(sign, strict=False)
    return found
