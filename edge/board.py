"""How warm the board is and whether it slows itself down: read rarely, and never by the loop."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

THROTTLED_BITS = {
    0: "under_voltage",
    1: "frequency_capped",
    2: "throttled",
    3: "soft_temperature_limit",
    16: "under_voltage_since_boot",
    17: "frequency_capped_since_boot",
    18: "throttled_since_boot",
    19: "soft_temperature_limit_since_boot",
}
"""What the bits of a Raspberry Pi's ``get_throttled`` mean."""

_NOW = 0xF
"""The bits that tell of this moment."""


@dataclass(frozen=True, slots=True)
class Health:
    """One look at the board. None is what this board does not tell, as most are no Raspberry Pi."""

    celsius: float | None = None
    """Temperature of the processor."""
    throttled: int | None = None
    """Bits as in THROTTLED_BITS."""

    def __str__(self) -> str:
        """As for a line of an overlay: ``61 C, throttled``; empty where nothing is known."""
        parts = [] if self.celsius is None else [f"{self.celsius:.0f} C"]
        for bit, name in THROTTLED_BITS.items():
            if (self.throttled or 0) & _NOW & 1 << bit:
                parts.append(name.replace("_", " "))
        return ", ".join(parts)


def look(
    thermal: Path = Path("/sys/class/thermal"),
    throttled: Path = Path("/sys/devices/platform/soc/soc:firmware/get_throttled"),
    ask: Callable[[], str | None] | None = None,
) -> Health:
    """The board's health now.

    thermal: the kernel's folder of thermal zones. throttled: the firmware's bits, in hexadecimal.
    ask: what ``vcgencmd get_throttled`` prints, where that file is missing.
    """
    text = _text(throttled)
    if text is None:
        text = (ask or _vcgencmd)()
    try:
        bits = None if text is None else int(text.rpartition("=")[2], 16)
    except ValueError:
        bits = None
    return Health(_celsius(thermal), bits)


class Board:
    """The health of the board, looked at every few seconds by a thread of its own."""

    def __init__(self, look: Callable[[], Health] = look, every: float = 5.0) -> None:
        """every: seconds between two looks."""
        self._look = look
        self._every = every
        self._ended = threading.Event()
        self._health = Health()
        # A daemon: a firmware that does not answer must not hold the program.
        self._thread = threading.Thread(target=self._watch, name="board", daemon=True)

    @property
    def health(self) -> Health:
        """The latest look."""
        return self._health

    @property
    def watching(self) -> bool:
        """Whether it was entered."""
        return self._thread.ident is not None

    def __enter__(self) -> Board:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def _watch(self) -> None:
        while True:
            self._health = self._look()
            if self._ended.wait(self._every):
                return


def _celsius(thermal: Path) -> float | None:
    """Of the processor's zone, else of the first one that tells a temperature."""
    zones = sorted(thermal.glob("thermal_zone*"), key=lambda zone: (len(zone.name), zone.name))
    zones.sort(key=lambda zone: "cpu" not in (_text(zone / "type") or ""))
    for zone in zones:
        try:
            return int(_text(zone / "temp") or "") / 1000.0
        except ValueError:
            continue
    return None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:  # absent, or a sensor that is asleep
        return None


def _vcgencmd() -> str | None:
    program = shutil.which("vcgencmd")
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, "get_throttled"], capture_output=True, text=True, timeout=2.0, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
