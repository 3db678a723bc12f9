"""Numbers of the command line that arithmetic can take."""

from __future__ import annotations

from typing import Any

import click

MOST = 1e9
"""Of megabytes, minutes and the like: more is a slip of the finger, and overflows later."""


class Finite(click.FloatRange):
    """A range without NaN, which passes every comparison, and without what nobody can mean."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = float(super().convert(value, param, ctx))
        if not abs(number) <= MOST:
            self.fail(f"{value} is no number up to {MOST:,.0f}; give one of its range", param, ctx)
        return number
