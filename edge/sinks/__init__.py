"""Where observations go. Sinks with resources are context managers."""

from __future__ import annotations

from typing import Protocol

from edge.observation import Observation


class Sink(Protocol):
    """Receives every observation, in order."""

    def write(self, observation: Observation) -> None: ...
