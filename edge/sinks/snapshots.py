"""A picture of each event, in a folder that never grows beyond its bounds."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from edge.beside import beside
from edge.drawing import ascii_text
from edge.errors import LocalizerError, remedy
from edge.image import Image, write_image
from edge.observation import Observation

_LIST = ".edge-run-snapshots"
"""The list of what was written here, one ``bytes name`` a line, oldest first: only these files are
ever deleted."""


class Snapshots:
    """Writes a JPEG for each observation that has an event, and deletes its own oldest ones.

    ``20261120T110531.123Z-appeared-cat.jpg``: the time of capture in UTC. A file that this sink
    did not write, or that has another length by now, is never touched. A disk that is full is told
    once, and tried again at the next event.
    """

    def __init__(
        self,
        folder: Path,
        draw: Callable[[Observation], Image],
        keep: int = 500,
        megabytes: float = 200.0,
        say: Callable[[str], None] = lambda _: None,
        clocks: Callable[[], tuple[float, float]] = lambda: (time.time(), time.monotonic()),
    ) -> None:
        """Create ``folder`` if need be; raises LocalizerError where it cannot be written.

        keep: files at most. megabytes: millions of bytes of all of them at most.
        clocks: seconds since the epoch and on the monotonic clock, at once.
        """
        self._folder = folder
        self._draw = draw
        self._keep = keep
        self._bytes = round(megabytes * 1e6)
        self._say = say
        self._clocks = clocks
        self._failing = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._written = _listed(folder / _LIST)
            self._note()
        except OSError as error:
            raise LocalizerError(
                f"{folder} cannot be written: {error.strerror}; give --snapshots another folder"
            ) from error

    def write(self, observation: Observation) -> None:
        if observation.event is None:
            return
        path = self._folder / self._name(observation)
        try:
            write_image(path, self._draw(observation))
            self._written[path.name] = path.stat().st_size
            self._prune()
            self._note()
        except (LocalizerError, OSError) as error:
            if not self._failing:
                way_out = remedy(error, "make the folder writable")
                self._say(f"snapshots: {error}; the next event is tried again, {way_out}")
            self._failing = True
        else:
            self._failing = False

    def _prune(self) -> None:
        while len(self._written) > self._keep or sum(self._written.values()) > self._bytes:
            name, length = self._written.popitem(last=False)
            path = self._folder / name
            if path.is_file() and path.stat().st_size == length:
                path.unlink()

    def _note(self) -> None:
        lines = [f"{length} {name}\n" for name, length in self._written.items()]
        with beside(self._folder / _LIST) as part:
            part.write_text("".join(lines), encoding="utf-8")

    def _name(self, observation: Observation) -> str:
        wall, monotonic = self._clocks()
        moment = datetime.fromtimestamp(observation.frame.captured_at + wall - monotonic, UTC)
        found = observation.answer.found
        label = "" if found is None else "-" + _plain(found.label)
        stamp = moment.strftime("%Y%m%dT%H%M%S.") + f"{moment.microsecond // 1000:03d}Z"
        name = f"{stamp}-{observation.event}{label}"
        number = 2
        while (self._folder / f"{name}.jpg").exists():
            name = f"{name.partition('_')[0]}_{number}"
            number += 1
        return f"{name}.jpg"


def _listed(path: Path) -> OrderedDict[str, int]:
    """What the list says; a line that is damaged leaves its file alone for ever."""
    written: OrderedDict[str, int] = OrderedDict()
    if path.exists():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            length, _, name = line.partition(" ")
            if length.isdecimal() and name and name == Path(name).name:
                written[name] = int(length)
    return written


def _plain(label: str) -> str:
    """``label`` in letters that every file system takes."""
    return "".join(c if c.isalnum() else "-" for c in ascii_text(label))[:40]
