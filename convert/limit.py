"""How much a file may lose against the float model, and the option that says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from edge.numbers import Finite

LIMIT = 0.01
"""Of mean IoU on the held-out pictures."""

F = TypeVar("F", bound=Callable[..., Any])


def limit_option(command: F) -> F:
    """``command`` with ``--limit``."""
    return click.option(
        "--limit",
        type=Finite(0, 1),
        default=LIMIT,
        show_default=True,
        help="Mean IoU that may be lost against float.",
    )(command)
