"""Numbers of the command line: any other text is told with the range that would do."""

from __future__ import annotations

from typing import Any

import click

MOST = 10**9
"""Of megabytes, minutes and the like: more is a slip of the finger, and overflows later."""


class Whole(click.IntRange):
    """A range of whole numbers."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(super().convert(value, param, ctx))
        except click.BadParameter:
            self.fail(_wanted(f"a whole number {_range(self)}", value), param, ctx)


class Finite(click.FloatRange):
    """A range without NaN, which passes every comparison, and without what nobody can mean."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            number = float(super().convert(value, param, ctx))
        except click.BadParameter:
            number = float("nan")
        if not abs(number) <= MOST:
            self.fail(_wanted(f"a number {_range(self, MOST)}", value), param, ctx)
        return number


def _range(of: click.IntRange | click.FloatRange, most: int | None = None) -> str:
    """The range, which has a beginning, in words; most: its end where it names none."""
    assert of.min is not None
    start = f"above {of.min:,} up" if of.min_open else f"from {of.min:,}"
    end = of.max if of.max is not None else most
    if end is None:
        return f"{start} on"
    return f"{start} to {'below ' if of.max_open else ''}{end:,}"


def _wanted(what: str, value: object) -> str:
    text = str(value)
    plain = text.isprintable() and text.strip()
    return f"give {what}. Received: {text if plain else ascii(text)}"
