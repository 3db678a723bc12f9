"""A run on real hardware that nobody here has, as one file that a volunteer sends back."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import platform
import signal
import tempfile
import threading
import time
import zipfile
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from edge.bench.job import machine
from edge.bench.measure import weighed
from edge.beside import beside
from edge.board import THROTTLED_BITS, Board
from edge.card import read_card
from edge.errors import LocalizerError
from edge.image import write_image
from edge.looking import refuse_taken
from edge.model_file import find_model
from edge.observation import Observation
from edge.request import Request
from edge.session import Session
from edge.sinks.overlay import Overlay, Pace
from edge.sources import choose
from edge.stopping import Stopping

_EACH_S = 10.0  # between two rows
_PACKAGES = (
    *("edge-localizer", "numpy", "opencv-python-headless", "opencv-python", "ai-edge-litert"),
    *("tflite-runtime", "picamera2", "click"),
)


class Notes:
    """A sink that keeps what the report tells: ages, stages, and a row every ten seconds."""

    def __init__(self, board: Board, now: Callable[[], float] = time.monotonic) -> None:
        """now: seconds on the monotonic clock."""
        self._board, self._now = board, now
        self._pace = Pace()
        self._overlay = Overlay(lambda: self._pace.fps, lambda: board.health)
        self._ages_ms = array("f")
        self._stages_ms: dict[str, array[float]] = {}
        self._found = 0
        self._first_at = self._row_at = now()
        self._since = 0  # frames of earlier rows
        self._last: Observation | None = None
        self.rows: list[dict[str, float | None]] = []
        """One for each ten seconds."""

    def write(self, observation: Observation) -> None:
        self._pace.write(observation)
        self._last = observation
        self._ages_ms.append(observation.age_ms)
        for stage, ms in observation.answer.ms.items():
            self._stages_ms.setdefault(stage, array("f")).append(ms)
        self._found += observation.answer.found is not None
        if self._now() - self._row_at >= _EACH_S:
            self.row()

    def row(self) -> None:
        """End a row here."""
        now, frames = self._now(), len(self._ages_ms)
        held, health = weighed(frames), self._board.health
        ages = self._ages_ms[self._since :]
        self.rows.append(
            {
                "seconds": round(now - self._first_at, 1),
                "fps": round((frames - self._since) / max(now - self._row_at, 1e-3), 2),
                "age_ms_p50": round(float(np.median(ages)), 2) if ages else None,
                "celsius": health.celsius,
                "throttled": health.throttled,
                "memory_mb": round(held.megabytes, 1),
                "descriptors": held.descriptors,
                "threads": held.threads,
            }
        )
        self._row_at, self._since = now, frames

    def figures(self) -> dict[str, Any]:
        """Over the whole run."""
        celsius = [row["celsius"] for row in self.rows if row["celsius"] is not None]
        bits = 0
        for row in self.rows:
            bits |= int(row["throttled"] or 0)
        seconds = max(self._now() - self._first_at, 1e-3)
        return {
            "seconds": round(seconds, 1),
            "frames": len(self._ages_ms),
            "found": self._found,
            "fps": round(len(self._ages_ms) / seconds, 2),
            "age_ms": _shares(self._ages_ms),
            "stages_ms": {name: _shares(values) for name, values in self._stages_ms.items()},
            "celsius_most": max(celsius, default=None),
            "throttled": [name for bit, name in THROTTLED_BITS.items() if bits >> bit & 1],
        }

    def picture(self) -> bytes | None:
        """The last frame with all that an overlay tells, as JPEG; None without a frame."""
        if self._last is None:
            return None
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "picture.jpg"
            write_image(path, self._overlay(self._last))
            return path.read_bytes()


def field_test(
    request: Request,
    minutes: float,
    out: Path,
    bench: Callable[..., dict[str, object]] | None,
    picture: bool = True,
) -> dict[str, Any]:
    """Run ``request`` for so many minutes, then ``bench``, and write the file ``out``, a zip.

    picture: whether the last picture is in it. Ctrl-C ends the run early, and what there is is
    written. Gives the report. Raises LocalizerError where ``out`` exists, or nothing can run.
    """
    refuse_taken(out, "--out")
    log: list[str] = []
    start = time.monotonic()
    path, _ = find_model(request.model)
    report: dict[str, Any] = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "system": system(),
        "packages": packages(),
        "cameras": _cameras(),
        "model": {
            "name": path.name,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "input": f"{read_card(path).width}x{read_card(path).height}",
        },
    }

    def hear(sentence: str) -> None:
        log.append(f"{time.monotonic() - start:8.1f} s  {sentence}")

    with Board() as board, Stopping() as stopping:
        notes = Notes(board)
        session = Session(request, stopping, lambda: request, more=[notes], hear=hear)
        ending = threading.Timer(60.0 * minutes, os.kill, (os.getpid(), signal.SIGINT))
        ending.daemon = True
        ending.start()
        try:
            hear(session.run())
        finally:
            ending.cancel()
        notes.row()
        health = session.health()
        report["figures"] = notes.figures()
        report["reopened"] = 0 if health is None else health.reopened
        report["rows"] = notes.rows
    report["bench"] = None
    if bench is not None:
        try:
            report["bench"] = bench(path, rounds=2, say=hear)
        except (KeyboardInterrupt, LocalizerError) as error:  # the minutes before are not lost
            hear(f"the bench is left out: {error or 'ended early'}")
    parts = {"report.json": json.dumps(report, indent=2).encode(), "log.txt": _text(log)}
    if picture and (jpeg := notes.picture()) is not None:
        parts["picture.jpg"] = jpeg
    _write(out, parts)
    return report


def system(release: Path = Path("/etc/os-release")) -> dict[str, str]:
    """The operating system, its kernel and Python."""
    names = {}
    if release.is_file():
        for line in release.read_text(errors="replace").splitlines():
            name, _, value = line.partition("=")
            names[name] = value.strip('"')
    return {
        "os": names.get("PRETTY_NAME", "unknown"),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }


def packages(names: Sequence[str] = _PACKAGES) -> dict[str, str]:
    """The versions of those packages that are installed."""
    found = {}
    for name in names:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    with suppress(ImportError, AttributeError):  # Debian's, no package of Python's
        found["libcamera"] = str(importlib.import_module("libcamera").__version__)
    return found


def _cameras() -> list[str]:
    try:
        return choose.listed()
    except LocalizerError as error:
        return [str(error)]


def _shares(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    shares = {"p50": 50, "p90": 90, "p99": 99, "most": 100}
    return {name: round(float(np.percentile(values, at)), 3) for name, at in shares.items()}


def _text(log: Sequence[str]) -> bytes:
    return ("\n".join(log) + "\n").encode(errors="replace")


def _write(out: Path, parts: dict[str, bytes]) -> None:
    try:
        with beside(out) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in parts.items():
                file.writestr(name, content)
    except OSError as error:
        raise LocalizerError(
            f"{out} cannot be written: {error.strerror}; give --out another place"
        ) from error
