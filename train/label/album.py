"""The pictures of a folder in the order in which they are labelled, and what was said of each."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from hashlib import blake2b
from itertools import product
from pathlib import Path
from typing import Any

from edge.beside import beside
from edge.box import Box
from edge.errors import LocalizerError, remedy
from train.example import Fault
from train.label.pictures import pictures_in
from train.label.proposals import Proposal
from train.label.said import BROKEN, EMPTY, UNKNOWN, Said
from train.readers.annotation import Listed, Unusable
from train.readers.pictures import Look, files_below, look
from train.readers.settle import Thing, settled
from train.readers.voc import folders, read_xml
from train.writers.voc import voc

BESIDE = ".edge-label"
"""The folder of what the page keeps for itself; readers of data pass hidden folders by."""
_STATE, _BEFORE = "state.json", "before"


class Stale(Exception):
    """Somebody else has written an annotation since it was read."""


class Album:
    """A folder of pictures with a Pascal VOC file for each that is labelled.

    Every file is written beside and renamed, and only over the version that its writer has seen.
    What another tool wrote is copied into ``.edge-label/before`` first. Entered, it keeps other
    processes from the folder. Its methods may be called in any thread.
    """

    def __init__(
        self,
        folder: Path,
        proposals: Mapping[Path, Proposal] | None = None,
        watch: Callable[[Iterable[Path]], Iterable[Path]] = lambda paths: paths,
    ) -> None:
        """proposals: what a model said; the least certain come first, the others by name.

        Raises LocalizerError where there is no picture, or annotations of another format.
        """
        self.folder, self.proposals = folder, dict(proposals or {})
        self._in, self._xml_in = folders(folder)
        # by the name that ours would have: some tools write f.XML
        self._named: dict[Path, Path] = {}
        for xml in files_below(self._xml_in):
            if xml.suffix.lower() == ".xml":
                self._named.setdefault(xml.with_suffix(".xml"), xml)
        self.paths, self.left_out = pictures_in(folder)
        self.paths.sort(key=self._certainty)  # a stable sort
        self._written: set[str] = set()  # versions of this page's own
        self._lock = threading.Lock()
        self._look = lru_cache(64)(look)
        self._states = [self._said(path, whole=False).state for path in watch(self.paths)]
        state = self._remembered()
        labels = [*state.get("classes", ()), *sorted(self._classes_seen())]
        self.classes = list(dict.fromkeys(label for label in labels if isinstance(label, str)))
        self._position = str(state.get("position", ""))

    def __enter__(self) -> Album:
        try:
            (self.folder / BESIDE).mkdir(exist_ok=True)
            self._held = (self.folder / BESIDE / "lock").open("w")
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._held.close()
            raise LocalizerError(
                f"{self.folder} is being labelled by another edge-train label; open its page in "
                "another tab, or end it"
            ) from error
        except OSError as error:
            raise LocalizerError(
                f"{self.folder} cannot be written: {error.strerror}; labels lie beside pictures, "
                f"so {remedy(error, 'make it writable')}"
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def __len__(self) -> int:
        return len(self.paths)

    def states(self, start: int, count: int) -> list[str]:
        """The states of some pictures."""
        return self._states[start : start + count]

    @property
    def labelled(self) -> int:
        """How many pictures somebody has said something of."""
        return sum(state not in (UNKNOWN, BROKEN) for state in self._states)

    @property
    def position(self) -> int:
        """The picture at which the work stopped; else the first that is not labelled."""
        names = [self._name(path) for path in self.paths]
        if self._position in names:
            return names.index(self._position)
        return self.next_unknown(-1) or 0

    def next_unknown(self, after: int) -> int | None:
        """The first picture behind ``after`` of which nobody has said anything; None without."""
        numbers = (*range(after + 1, len(self)), *range(min(after + 1, len(self))))
        return next((n for n in numbers if self._states[n] in (UNKNOWN, BROKEN)), None)

    def seen(self, number: int) -> Look:
        """Size of a picture; raises LocalizerError where it cannot be decoded."""
        return self._look(self.paths[number])

    def read(self, number: int) -> tuple[Said, str]:
        """What is said of a picture, and the version of that."""
        path = self.paths[number]
        with self._lock:
            version, said = self._version(path), self._said(path)
            self._states[number] = said.state
        return said, version

    def write(self, number: int, version: str, thing: Thing | None) -> str:
        """Say ``thing`` of a picture, or that nothing is there; gives the new version.

        Other objects than the largest stay. Raises Stale where ``version`` is not that of the file,
        and LocalizerError where the picture is gone, or the file cannot be written or would lose
        several objects.
        """
        path = self.paths[number]
        with self._lock:
            if not path.exists():
                raise LocalizerError(f"{path} is gone; put it back, or go on to the next picture")
            if version != self._version(path):
                raise Stale
            said = self._said(path)
            things = list(said.things or ())
            if thing is None and len(things) > 1:
                raise LocalizerError(
                    f"{path.name} has {len(things)} objects, of which the page shows one; take the "
                    "others out with the tool that drew them"
                )
            if thing is not None and said.thing is not None:
                things[things.index(said.thing)] = thing
            else:
                things = [thing] if thing is not None else []
            self._keep_foreign(path, said)
            _put(self._xml(path), self._text(path, things))
            self._states[number] = Said(things).state
            if thing is not None and thing.label not in self.classes:
                self.classes.append(thing.label)
            new = self._version(path)
            self._written.add(new)
            return new

    def forget(self, number: int, version: str) -> str:
        """Take back what was said of a picture; raises as ``write`` does."""
        path = self.paths[number]
        with self._lock:
            if version != self._version(path):
                raise Stale
            self._keep_foreign(path, self._said(path))
            xml = self._xml(path)
            try:
                xml.unlink(missing_ok=True)
            except OSError as error:
                raise _unwritten(xml, error) from error
            self._states[number] = UNKNOWN
            return self._version(path)

    def remember(self, number: int) -> None:
        """Where the work is now, for the next start."""
        with self._lock:
            self._position = self._name(self.paths[number])
            content = {"position": self._position, "classes": self.classes}
            text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
            _put(self.folder / BESIDE / _STATE, text)

    def add_class(self, label: str) -> None:
        """Name a class that no picture has yet."""
        with self._lock:
            if label not in self.classes:
                self.classes.append(label)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _certainty(self, path: Path) -> float:
        proposal = self.proposals.get(path)
        return proposal.certainty if proposal is not None else 2.0  # behind all that have one

    def _xml(self, path: Path, listed: bool = False) -> Path:
        """The annotation of a picture, or where ours would be.

        listed: all that there are have just been listed, so none needs to be looked for.
        """
        ours = self._xml_in / path.relative_to(self._in).with_suffix(".xml")
        known = self._named.get(ours, ours)
        if not listed and not known.exists():  # another tool may have written one meanwhile
            spelled = map("".join, product(".", "xX", "mM", "lL"))
            known = next((one for one in map(ours.with_suffix, spelled) if one.exists()), ours)
            self._named[ours] = known
        return known

    def _said(self, path: Path, whole: bool = True) -> Said:
        """whole: with the picture's size, which takes a decoder; else boxes have no meaning."""
        xml = self._xml(path, listed=not whole)
        if not xml.exists():
            return Said(None)
        if whole:
            found = settled(Listed(path, xml, partial(read_xml, xml)))
            return Said(None, found.rule) if isinstance(found, Fault) else Said(found.things)
        try:
            drawn = read_xml(xml).objects
        except Unusable as error:
            return Said(None, str(error))
        return Said([Thing(one.label, _box(one.edges)) for one in drawn])

    def _classes_seen(self) -> set[str]:
        ours = set(self._states) - {UNKNOWN, EMPTY, BROKEN}
        found = (one.seen for one in self.proposals.values())
        return ours | {one.label for one in found if one is not None}

    def _version(self, path: Path) -> str:
        """Of the picture's name and its annotation: no version fits another picture."""
        try:
            content = b"1" + self._xml(path).read_bytes()
        except FileNotFoundError:
            content = b"0"
        return blake2b(self._name(path).encode() + b"\0" + content, digest_size=12).hexdigest()

    def _text(self, path: Path, things: Sequence[Thing]) -> str:
        size = self._look(path)
        parent = path.relative_to(self._in).parent.as_posix()
        return voc(path.name, size.width, size.height, things, parent)

    def _keep_foreign(self, path: Path, said: Said) -> None:
        """Copy an annotation that says more than ours would, before it is written over.

        Each version gets a name of its own: NAME.xml, NAME.2.xml and so on.
        """
        xml = self._xml(path)
        if not xml.exists() or self._version(path) in self._written:
            return
        things = said.things
        ours = things is not None and len(things) < 2 and not said.fault
        if ours and xml.read_text(errors="replace") == self._text(path, things or ()):
            return
        first = kept = self.folder / BESIDE / _BEFORE / xml.relative_to(self._xml_in)
        number = 2
        while kept.exists():
            if kept.read_bytes() == xml.read_bytes():
                return
            kept = first.with_name(f"{first.stem}.{number}{first.suffix}")
            number += 1
        with _beside(kept) as copy:
            shutil.copy2(xml, copy)

    def _remembered(self) -> dict[str, Any]:
        try:
            content = json.loads((self.folder / BESIDE / _STATE).read_text(encoding="utf-8"))
        except (OSError, ValueError):  # only where the work stopped; no label is lost
            return {}
        return content if isinstance(content, dict) else {}


def _put(path: Path, text: str) -> None:
    with _beside(path) as part, part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A name to write at, which becomes ``path`` at the end.

    Raises LocalizerError where it cannot be written; then ``path`` is as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside(path) as part:
            yield part
    except OSError as error:
        raise _unwritten(path, error) from error


def _unwritten(path: Path, error: OSError) -> LocalizerError:
    way_out = remedy(error, "make its folder writable")
    return LocalizerError(
        f"{path} cannot be written: {error.strerror}; {way_out}, nothing was changed"
    )


def _box(edges: tuple[float, float, float, float] | None) -> Box | None:
    if edges is None:
        return None
    (left, right), (top, bottom) = sorted(edges[::2]), sorted(edges[1::2])
    return Box(left, top, right, bottom)
