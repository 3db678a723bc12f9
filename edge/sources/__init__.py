"""Where frames come from. Each source is a generator whose ``finally`` frees its device."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeAlias

from edge.observation import Frame

Source: TypeAlias = Generator[Frame, None, None]
"""Frames, and ``close()``. What it cannot open or read it raises as LocalizerError."""

Wait: TypeAlias = Callable[[float], bool]
"""Waits so many seconds, or until the run is to end, and says whether it is: an Event's ``wait``.
A source sleeps by no other means, so that it can be stopped at once."""
