"""The pictures below a folder: found by the names that files call them, looked at once."""

from __future__ import annotations

import hashlib
import io
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from edge.errors import LocalizerError
from edge.image import SUFFIXES, glimpse
from edge.looking import is_utf8
from train.example import Fault
from train.readers.annotation import Unusable, shown

_EXIF_WITHIN = 1 << 17  # bytes
_FOREIGN = (".avif", ".cr2", ".cr3", ".dng", ".gif", ".heic", ".heif", ".jfif", ".jp2", ".jpe",
            ".nef", ".pgm", ".ppm", ".tif", ".tiff")  # fmt: skip
THUMBNAIL = 32
"""Pixels along each side of a thumbnail."""


class Look(NamedTuple):
    """What one look at a picture file tells."""

    width: int
    """Pixels of the upright picture, as ``height``."""
    height: int
    turned: bool
    """Whether the file asks for being turned or mirrored before it is shown."""
    digest: bytes
    """Of the file's content: equal files have equal ones."""
    thumbnail: npt.NDArray[np.uint8]
    """Grey, upright, shape (THUMBNAIL, THUMBNAIL)."""


def look(path: Path) -> Look:
    """What the picture in ``path`` is; raises LocalizerError where it cannot be decoded.

    Large JPEGs are decoded at an eighth of their size, which reads every byte all the same.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LocalizerError(f"{path} cannot be read: {error.strerror}") from error
    grey, width, height = glimpse(data, str(path))
    small = cv2.resize(grey, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    digest = hashlib.blake2b(data, digest_size=16).digest()
    return Look(width, height, orientation(data) != 1, digest, small.astype(np.uint8, copy=False))


def orientation(data: bytes) -> int:
    """EXIF's tag, 1 to 8, in a picture file's content; 1, upright, where there is none."""
    jpeg = data[:2] == b"\xff\xd8"  # has it before its pixels, PNG anywhere
    marks = (b"Exif",) if jpeg else (b"Exif", b"eXIf", b"EXIF")  # PNG's own, WebP's own
    if all(data.find(mark, 0, _EXIF_WITHIN if jpeg else None) < 0 for mark in marks):
        return 1
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as picture:
            tag = int(picture.getexif().get(0x0112, 1))
    except Exception:  # Pillow's parsers raise all kinds, and OpenCV has already decoded it
        return 1
    return tag if 1 <= tag <= 8 else 1


class Pictures:
    """The picture files below a folder, by name."""

    def __init__(self, paths: Iterable[Path], root: Path | None = None) -> None:
        """root: a folder that names may be relative to, as may its ``images``."""
        self.paths = list(paths)
        self._roots = [root, root / "images"] if root is not None else []
        self._all = {str(path) for path in self.paths}
        self._by_name: defaultdict[str, list[Path]] = defaultdict(list)
        self._by_stem: defaultdict[str, list[Path]] = defaultdict(list)
        for path in self.paths:
            self._by_name[path.name.lower()].append(path)
            self._by_stem[path.stem.lower()].append(path)

    @classmethod
    def below(cls, root: Path) -> Pictures:
        """The pictures in ``root`` and its folders, sorted; hidden folders are left alone."""
        found = (path for path in files_below(root) if path.suffix.lower() in SUFFIXES)
        return cls(found, root)

    def find(self, name: str, beside: Path, line: int | None = None) -> Path:
        """The picture that a file in the folder ``beside`` calls ``name``.

        Windows' backslashes, folders of another machine and a missing suffix are forgiven where
        one picture only can be meant. Raises Unusable where none or several can.
        """
        plain = name.replace("\\", "/").strip()
        for written in (name, plain):  # a name may begin with a space, or hold a backslash
            for folder in (beside, *self._roots):
                near = os.path.normpath(f"{folder}/{written}")
                if near in self._all:
                    return Path(near)
        tail = PurePosixPath(plain)
        has_suffix = tail.suffix.lower() in SUFFIXES
        index = self._by_name if has_suffix else self._by_stem
        found = index.get(tail.name.lower(), [])
        if len(found) > 1:
            found = _nearest(found, tail if has_suffix else tail.with_name(f"{tail.name}.x"))
        if len(found) == 1:
            return found[0]
        if found:
            rule = f"means {len(found)} pictures (the first is {found[0]}); name its folder as well"
            raise Unusable(f"names {shown(name)}, which {rule}", line, "no picture")
        if has_suffix and plain.startswith("/") and os.path.isfile(plain):  # noqa: PTH113 strange names raise in pathlib
            return Path(plain)
        raise Unusable(f"names {shown(name)}, which is no picture here; add it", line, "no picture")


def files_below(root: Path) -> list[Path]:
    """All files in ``root`` and its folders, sorted by path; hidden folders are left alone.

    A link to a folder that lies elsewhere is followed.
    """
    found = [Path(folder) / name for folder, names in _folders(root) for name in names]
    # where this user may not look, pathlib raises
    return sorted(path for path in found if os.path.isfile(path))  # noqa: PTH113


def passed_by(root: Path) -> list[Fault]:
    """What looks like a picture below ``root`` and is none that can be read; folders likewise."""
    faults: list[Fault] = []

    def closed(error: OSError) -> None:
        rule = f"cannot be looked into ({error.strerror}); check its rights, or move it away"
        faults.append(Fault(Path(error.filename), rule, kind="unreadable"))

    for folder, names in _folders(root, closed):
        for name in names:
            path = Path(folder) / name
            suffix = path.suffix.lower()
            if suffix in _FOREIGN:
                rule = f"is a {suffix}, and pictures are {', '.join(SUFFIXES)}; save it as one"
            elif suffix in SUFFIXES and path.is_symlink() and not os.path.exists(path):  # noqa: PTH110
                rule = "is a link to nothing; put the picture there"
            else:
                continue
            faults.append(Fault(path, rule, kind="corrupt", picture=path))
    return faults


def unnameable(path: Path) -> str | None:
    """Why results cannot name ``path``, and the way out; None where they can."""
    return None if is_utf8(str(path)) else "has a name that is not UTF-8; rename it"


def _folders(
    root: Path, closed: Callable[[OSError], None] | None = None
) -> Iterator[tuple[str, list[str]]]:
    """``root`` and each folder in it, with the names of what is no folder.

    closed: gets why a folder cannot be listed.
    """
    known = [os.path.realpath(root)]
    for folder, folders, names in os.walk(root, onerror=closed, followlinks=True):
        inside = []
        for name in sorted(folders):
            path = f"{folder}/{name}"
            if name.startswith(".") or name == "__MACOSX":
                continue
            if os.path.islink(path):  # noqa: PTH114
                there = os.path.realpath(path)
                # what is or will be visited needs no second time; a loop would have no end
                if any(_within(there, one) or _within(one, there) for one in known):
                    continue
                known.append(there)
            inside.append(name)
        folders[:] = inside
        yield folder, names


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def _nearest(found: list[Path], name: PurePosixPath) -> list[Path]:
    """Those of ``found`` whose folders agree with the ones of ``name`` as far up as any."""

    def agreement(path: Path) -> int:
        mine = [part.lower() for part in path.parent.parts]
        folders = [part.lower() for part in name.parent.parts]
        pairs = zip(reversed(mine), reversed(folders), strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

    best = max(map(agreement, found))
    return [path for path in found if agreement(path) == best]
