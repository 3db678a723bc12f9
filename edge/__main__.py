"""``python -m edge`` is ``edge-run``."""

from edge.cli import main

main()
