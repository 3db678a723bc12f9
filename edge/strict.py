"""JSON that may come from anywhere, read field by field: what is asked for, and nothing else.

Every fault is a ValueError whose text names the field, the rule and what was received.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Any

_LONGEST = 200  # characters of any one text
_SHA256 = re.compile(r"[0-9a-f]{64}")


def loaded(text: str) -> Fields:
    """The JSON object that ``text`` is; raises ValueError where it is none, or not strictly."""
    try:
        content = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    return Fields(content, "")


class Fields:
    """An object's fields; each is asked for by its name and its kind."""

    def __init__(self, content: Any, place: str) -> None:
        """place: where the object stands in the file, for sentences; empty for all of it."""
        if not isinstance(content, dict):
            raise ValueError(f"{place or 'it'} is no object. Received: {_shown(content)}")
        self._content: dict[str, Any] = content
        self._place = place
        self._asked: set[str] = set()

    def part(self, name: str) -> Fields:
        """The object in a field."""
        return Fields(self._value(name), self._path(name))

    def parts(self, name: str, most: int) -> list[Fields]:
        """The objects in a field's list of 1 to ``most``."""
        path, values = self._path(name), self._list(name, most)
        return [Fields(value, f"{path}[{at}]") for at, value in enumerate(values)]

    def number(
        self, name: str, least: float = -1e9, most: float = 1e9, whole: bool = False
    ) -> float:
        """A finite number from ``least`` to ``most``."""
        return _number(self._value(name), self._path(name), least, most, whole)

    def numbers(self, name: str, count: int, least: float, most: float) -> list[float]:
        """A list of exactly ``count`` numbers from ``least`` to ``most``."""
        values, path = self._list(name, count), self._path(name)
        if len(values) != count:
            raise ValueError(f"{path} has {count} numbers. Received: {len(values)}")
        return [_number(value, path, least, most) for value in values]

    def text(self, name: str) -> str:
        """A text of one line that can be shown on a terminal."""
        return _text(self._value(name), self._path(name))

    def texts(self, name: str, most: int) -> tuple[str, ...]:
        """A list of 1 to ``most`` texts, no two alike."""
        path = self._path(name)
        texts = tuple(_text(value, path) for value in self._list(name, most))
        if len(set(texts)) < len(texts):
            raise ValueError(f"{path} holds a name twice. Received: {_shown(texts)}")
        return texts

    def digest(self, name: str) -> str:
        """A SHA-256 as hexadecimal text."""
        text = self.text(name)
        if not _SHA256.fullmatch(text):
            raise ValueError(f"{self._path(name)} is no SHA-256. Received: {_shown(text)}")
        return text

    def moment(self, name: str) -> str:
        """A date and time with its offset from UTC, as the text that it is."""
        text = self.text(name)
        try:
            aware = datetime.fromisoformat(text).tzinfo is not None
        except ValueError:
            aware = False
        if not aware:
            raise ValueError(
                f"{self._path(name)} is no date and time with an offset. Received: {_shown(text)}"
            )
        return text

    def note(self, name: str) -> str | float | bool | None:
        """A short text, a number, a truth, or nothing."""
        value = self._value(name)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return _text(value, self._path(name), empty=True)
        return _number(value, self._path(name), -1e12, 1e12)

    def figures(self, most: int = 64) -> dict[str, float | None]:
        """All fields, each a finite number or null."""
        return {
            name: None if self._value(name) is None else self.number(name)
            for name in self.names(most)
        }

    def names(self, most: int) -> list[str]:
        """The names of all fields, at most ``most``."""
        if len(self._content) > most:
            raise ValueError(
                f"{self._place} has at most {most} fields. Received: {len(self._content)}"
            )
        return [_text(name, self._place) for name in self._content]

    def all_asked(self) -> None:
        """Raises ValueError where there is a field that nobody asked for."""
        unknown = sorted(set(self._content) - self._asked)
        if unknown:
            raise ValueError(f"{self._path(unknown[0])[:_LONGEST]!r} is no field of it")

    def _value(self, name: str) -> Any:
        self._asked.add(name)
        if name not in self._content:
            raise ValueError(f"{self._path(name)} is missing")
        return self._content[name]

    def _list(self, name: str, most: int) -> list[Any]:
        values = self._value(name)
        if not isinstance(values, list) or not 1 <= len(values) <= most:
            raise ValueError(
                f"{self._path(name)} is a list of 1 to {most}. Received: {_shown(values)}"
            )
        return values

    def _path(self, name: str) -> str:
        shown = name if name.isprintable() else ascii(name)
        return f"{self._place}.{shown}" if self._place else shown


def _number(value: Any, path: str, least: float, most: float, whole: bool = False) -> float:
    right = int if whole else (int, float)
    # True is an int to Python; a huge int has no float
    if isinstance(value, bool) or not isinstance(value, right) or not least <= value <= most:
        kind = "whole number" if whole else "number"
        raise ValueError(
            f"{path} is a {kind} from {least:g} to {most:g}. Received: {_shown(value)}"
        )
    return value


def _text(value: Any, path: str, empty: bool = False) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST or not (value.strip() or empty):
        raise ValueError(
            f"{path} is a text of 1 to {_LONGEST} characters. Received: {_shown(value)}"
        )
    # Control characters would steer a terminal, lone surrogates break every file they reach.
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in value):
        raise ValueError(f"{path} has a character that cannot be shown. Received: {_shown(value)}")
    return value


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for name, value in pairs:
        if name in content:
            raise ValueError(f"{_shown(name)} is there twice")
        content[name] = value
    return content


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _shown(value: Any) -> str:
    """The beginning of ``value``, in ASCII."""
    if isinstance(value, int) and abs(value) > 1e15:
        return "a huge number"
    if isinstance(value, list | tuple) and len(value) > 8:
        return f"{len(value)} values"
    if isinstance(value, dict):
        return f"an object of {len(value)} fields"
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
