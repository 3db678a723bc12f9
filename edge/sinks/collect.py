"""Frames that are worth a person's label, in a folder that never grows beyond its bounds."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np

from edge.collected import STEM, Note, Reason, note_of, read_note
from edge.errors import LocalizerError, remedy
from edge.image import Image, resized, write_image
from edge.observation import Answer, Localization, Observation

_SURE, _SURELY_NOT = 0.8, 0.2  # of presence times score, and of presence
_ALIKE = 6  # bits of 64: the same scene, but for noise and a small thing that moved
_UNLIKE = 16  # bits of 64: another scene
_OVERLAP = 0.5  # IoU under which a thing is elsewhere
_LOOK_S = 0.5  # seconds between two looks at scenes that may have changed
_STEP = 2.0  # grey levels: flat walls and darkness give no bits by their noise


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept."""

    keep: int = 500
    """Frames at most."""
    megabytes: float = 200.0
    """Millions of bytes of all of them at most."""
    seconds: float = 10.0
    """From one kept frame to the next, so that an SD card has rest."""


@dataclass(frozen=True, slots=True)
class _Kept:
    path: Path
    note: Note


class Collected:
    """Writes frames of which a model can learn: each a JPEG without drawings, and its note.

    A frame is kept where the model was unsure, its object has just appeared, or the scene is unlike
    all that is kept; not where one that looks alike and was answered alike is kept already. Beyond
    a limit the reason with the most frames loses its oldest, so that none drives out the others.
    Both files are written beside and renamed, the note first: a picture without a note is not ours,
    and is never deleted. What an earlier run kept counts.
    """

    def __init__(
        self,
        folder: Path,
        limits: Limits | None = None,
        live: bool = True,
        say: Callable[[str], None] = lambda _: None,
        rate: Callable[[], float] = lambda: 30.0,
        clocks: Callable[[], tuple[float, float]] = lambda: (time.time(), time.monotonic()),
    ) -> None:
        """Create ``folder`` if need be; raises LocalizerError where it cannot be written.

        live: whether frames come when they are taken; a film's time is that of its frames, of
            which there are ``rate()`` a second, and unrelated pictures have none.
        clocks: seconds since the epoch and on the monotonic clock, at once.
        """
        self._folder, self._limits = folder, limits or Limits()
        self._live, self._say, self._rate, self._clocks = live, say, rate, clocks
        self._next = self._look = -np.inf
        self._failing = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # Without a name, so that nothing is left, and empty: a full disk may be free later.
            TemporaryFile(dir=folder).close()
            self._kept = _found(folder)
            self._prune()
        except OSError as error:
            way_out = remedy(error, "make it writable")
            raise LocalizerError(
                f"{folder} cannot be written: {error.strerror}; {way_out}, or give --collect "
                "another folder"
            ) from error

    def due(self, observation: Observation) -> bool:
        """Whether a frame is to be looked at; cheap, for the loop's own thread."""
        at = self._at(observation)
        if at < self._next:
            return False
        if observation.event == "appeared" or observation.frame.path is not None:
            return True
        if at < self._look:
            return False
        self._look = at + _LOOK_S
        return True

    def write(self, observation: Observation) -> None:
        at, answer = self._at(observation), observation.raw
        if at < self._next:
            return
        pixels = observation.frame.pixels
        bits = fingerprint(pixels)
        reason = self._reason(observation, bits)
        if reason is None:
            return
        moment = self._moment(observation)
        path = self._free(
            f"{moment:%Y%m%dT%H%M%S}.{moment.microsecond // 1000:03d}Z-{reason}", bits
        )
        beside = path.with_name(path.name + ".new.jpg")
        note_at = path.with_suffix(".json")
        try:
            write_image(beside, pixels)
            stamp = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            note = note_of(answer, reason, stamp, beside.stat().st_size, bits)
            note_beside = note_at.with_name(note_at.name + ".part")
            note_beside.write_text(note.to_json(), encoding="utf-8")
            note_beside.replace(note_at)
            beside.replace(path)
            self._kept.append(_Kept(path, note))
            self._prune()
        except (LocalizerError, OSError) as error:
            with suppress(OSError):  # on a disk that takes no change, there is nothing to remove
                for name in (beside.name, note_at.name + ".part"):
                    path.with_name(name).unlink(missing_ok=True)
                if not path.exists():
                    note_at.unlink(missing_ok=True)
            if not self._failing:
                way_out = remedy(error, "make the folder writable")
                self._say(f"collect: {error}; the next frame is tried again, {way_out}")
            self._failing = True
        else:
            self._failing = False
        if observation.frame.path is None:  # unrelated pictures have no time between them
            self._next = at + self._limits.seconds

    def _reason(self, observation: Observation, bits: int) -> Reason | None:
        answer = observation.raw
        near = [(bits ^ kept.note.fingerprint).bit_count() for kept in self._kept]
        for kept, apart in zip(self._kept, near, strict=True):
            if apart <= _ALIKE and _same(kept.note.found, answer.found):
                return None
        if unsure(answer):
            return "unsure"
        if observation.event == "appeared":
            return "appeared"
        return "changed" if min(near, default=64) >= _UNLIKE else None

    def _prune(self) -> None:
        most = round(self._limits.megabytes * 1e6)
        sizes = sum(kept.note.picture_bytes for kept in self._kept)
        while self._kept and (len(self._kept) > self._limits.keep or sizes > most):
            ((reason, _),) = Counter(kept.note.reason for kept in self._kept).most_common(1)
            at = next(i for i, kept in enumerate(self._kept) if kept.note.reason == reason)
            gone = self._kept.pop(at)
            sizes -= gone.note.picture_bytes
            path = gone.path
            if not path.exists() or path.stat().st_size == gone.note.picture_bytes:
                path.unlink(missing_ok=True)
                path.with_suffix(".json").unlink(missing_ok=True)

    def _at(self, observation: Observation) -> float:
        """Seconds of the frame on the source's own clock."""
        frame = observation.frame
        return frame.captured_at if self._live else frame.index / self._rate()

    def _moment(self, observation: Observation) -> datetime:
        wall, monotonic = self._clocks()
        return datetime.fromtimestamp(observation.frame.captured_at + wall - monotonic, UTC)

    def _free(self, start: str, bits: int) -> Path:
        name = stem = f"{start}-{bits:016x}"
        number = 2
        while (self._folder / f"{name}.jpg").exists():
            name, number = f"{stem}_{number}", number + 1
        return self._folder / f"{name}.jpg"


def unsure(answer: Answer) -> bool:
    """Whether a model was of two minds about a picture."""
    if answer.found is not None:
        return answer.presence * answer.found.score < _SURE
    return answer.presence >= _SURELY_NOT


def fingerprint(image: Image) -> int:
    """64 bits of where the picture grows brighter from left to right: a difference hash."""
    grey = resized(image, 9, 8).mean(axis=2)
    brighter = np.diff(grey, axis=1) > _STEP
    return int.from_bytes(np.packbits(brighter).tobytes(), "big")


def _same(one: Localization | None, other: Localization | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.label == other.label and one.box.iou(other.box) >= _OVERLAP


def _found(folder: Path) -> list[_Kept]:
    """What an earlier run kept, oldest first; what it left half done is removed."""
    kept = []
    for path in sorted(folder.iterdir()):
        stem = path.name.split(".jpg")[0].split(".json")[0]
        if not STEM.fullmatch(stem):
            continue
        rest = path.name.removeprefix(stem)
        if rest in (".jpg.new.jpg", ".jpg.new.jpg.part", ".json.part"):
            path.unlink(missing_ok=True)
        elif rest == ".json" and not path.with_suffix(".jpg").exists():
            if read_note(path) is not None:
                path.unlink(missing_ok=True)
        elif rest == ".jpg" and (note := read_note(path)) is not None:
            kept.append(_Kept(path, note))
    return kept
