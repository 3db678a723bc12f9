"""Where frames come from. Each source is a generator whose ``finally`` frees its device."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias

from edge.observation import Frame

Source: TypeAlias = Generator[Frame, None, None]
"""Frames, and ``close()``. What it cannot open or read it raises as LocalizerError."""
