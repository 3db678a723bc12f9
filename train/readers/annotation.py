"""What a file says of a picture, before anybody looked at the picture."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from train.example import Fault

Edges = tuple[float, float, float, float]
"""Left, top, right, bottom, in the unit of their annotation."""

Unit = Literal["pixels", "fractions"]
UNNAMED = "object"
"""The class of boxes in formats that know no class."""
_LARGEST = 1e6  # pixels; no camera reaches it
_LONGEST = 200  # characters of a class name, as many as a model's card takes
_SHOWN = 60


class Unusable(Exception):
    """A picture's annotation cannot be used; the text says why and what to do."""

    def __init__(self, rule: str, line: int | None = None, kind: str = "unusable") -> None:
        """line, kind: as in ``train.example.Fault``."""
        super().__init__(rule)
        self.line = line
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Drawn:
    """One object as it is written in a file."""

    label: str
    edges: Edges | None
    """None where the file has a class without a box."""
    line: int | None = None
    """Where it stands in the file."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """Everything that a file says of one picture."""

    objects: Sequence[Drawn]
    unit: Unit
    size: tuple[float, float] | None = None
    """Width and height of the picture in pixels, where the file says it."""


class Listed(NamedTuple):
    """A picture, and the file that its annotation comes from."""

    picture: Path
    file: Path
    read: Callable[[], Annotation]
    """Gives what the file says; raises Unusable."""
    line: int | None = None
    """Where the file begins to speak of the picture."""


@dataclass(slots=True)
class Listing:
    """What a format finds in a folder before any picture is opened."""

    listed: list[Listed] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def number(value: object, what: str, line: int | None = None, most: float = _LARGEST) -> float:
    """``value``, a number or its text, as a finite float; raises Unusable where it is none.

    what: the field's name, for the sentence. most: the largest magnitude that makes sense.
    """
    try:
        # True is 1 to Python; int("1_0") is 10
        good = not isinstance(value, bool) and "_" not in str(value)
        known = float(value) if good else math.nan  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        known = math.nan
    if not abs(known) < most:
        raise Unusable(
            f"has {shown(value)} where {what} should be a number; correct it", line, "unreadable"
        )
    return known


def label_of(value: object, what: str, line: int | None = None) -> str:
    """``value`` as the name of a class; raises Unusable where it cannot be one."""
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise Unusable(f"has an object without a name in {what}; name it", line, "unnamed")
    # control characters would steer a terminal, lone surrogates break every file they reach
    hidden = any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text)
    if hidden or len(text) > _LONGEST:
        raise Unusable(
            f"has the class name {shown(text)}, and names are one line of at most {_LONGEST} "
            "characters; rename it",
            line,
            "unnamed",
        )
    return text


def shown(value: object) -> str:
    """The beginning of ``value`` as it may be printed anywhere."""
    try:
        quoted = repr(value[: 2 * _SHOWN] if isinstance(value, str) else value)
    except (ValueError, RecursionError):  # an integer of more digits than Python prints
        quoted = f"a huge {type(value).__name__}"
    if not quoted.isprintable():
        quoted = ascii(quoted)
    return quoted if len(quoted) <= _SHOWN else f"{quoted[: _SHOWN - 3]}..."
