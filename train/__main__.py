"""``edge-train``, and ``python -m train``: the command as a process of its own."""

from __future__ import annotations

import sys

from edge.__main__ import status_of


def command() -> None:
    """Run it, and end the process with its status."""
    sys.exit(status_of(_edge_train))


def _edge_train() -> None:
    from train.cli import main

    main()


if __name__ == "__main__":
    command()
