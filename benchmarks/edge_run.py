"""An ``edge-run`` that a benchmark or the device lab watches: its lines and sentences as they come.

Needs nothing but Python, so that it runs on emulated devices too.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

PATIENCE = 120.0
"""Seconds after which what is waited for counts as missing; under emulation all takes its time."""

Line = dict[str, Any]
Found = TypeVar("Found")


class EdgeRun:
    """A running ``edge-run --json``. Times are seconds on the monotonic clock."""

    def __init__(self, *options: object, environment: Mapping[str, str] | None = None) -> None:
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edge", *map(str, options), "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self._lines: list[Line] = []
        self._said: list[tuple[float, str]] = []
        self._changed = threading.Condition()
        self._readers = [
            threading.Thread(target=reader, daemon=True) for reader in (self._read, self._hear)
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def lines(self) -> list[Line]:
        """All answers so far."""
        with self._changed:
            return list(self._lines)

    @property
    def said(self) -> list[str]:
        """All sentences so far."""
        with self._changed:
            return [sentence for _, sentence in self._said]

    def box(self, after: float = 0.0, wanted: Callable[[Line], bool] = bool) -> Line:
        """The first answer with a box to a frame captured later than ``after``; waits for it."""
        return self._wait(
            lambda: next(
                (
                    line
                    for line in self._lines
                    if line["box"] and line["captured_at"] > after and wanted(line)
                ),
                None,
            ),
            "a box",
        )

    def settled(self) -> Line:
        """A box of a run that has been at work for two seconds: its start is no part of a fault."""
        return self.box(after=self.box()["captured_at"] + 2.0)

    def frame(self, after: float = 0.0) -> Line:
        """The first answer, with a box or without, to a frame captured later than ``after``."""
        return self._wait(
            lambda: next((line for line in self._lines if line["captured_at"] > after), None),
            "an answer",
        )

    def says(self, part: str, after: float = 0.0) -> tuple[float, str]:
        """When, later than ``after``, it said a sentence with ``part`` in it, and the sentence."""
        return self._wait(
            lambda: next((one for one in self._said if part in one[1] and one[0] > after), None),
            repr(part),
        )

    def stop(self) -> int:
        """The status with which it ends after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> int:
        """The status with which it ends by itself."""
        status = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        return status

    def _wait(self, found: Callable[[], Found | None], what: str) -> Found:
        end = time.monotonic() + PATIENCE
        with self._changed:
            while not (result := found()):
                if not self._changed.wait(end - time.monotonic()):
                    said = " / ".join(sentence for _, sentence in self._said[-5:])
                    raise AssertionError(f"edge-run has not given {what}; it said: {said}")
        return result

    def _read(self) -> None:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            with self._changed:
                self._lines.append(json.loads(text))
                self._changed.notify_all()

    def _hear(self) -> None:
        assert self.process.stderr is not None
        for text in self.process.stderr:
            with self._changed:
                self._said.append((time.monotonic(), text.rstrip()))
                self._changed.notify_all()


def answered_at(line: Line) -> float:
    """When an answer was there, in seconds on the monotonic clock."""
    return float(line["captured_at"] + line["age_ms"] / 1000.0)


def longest_gap(lines: list[Line], since: float) -> float:
    """Seconds between two answers at most, of those there from ``since`` on."""
    moments = [since, *(answered_at(line) for line in lines if answered_at(line) > since)]
    return max((b - a for a, b in itertools.pairwise(moments)), default=0.0)
