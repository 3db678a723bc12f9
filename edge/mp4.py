"""MP4 that a power cut cannot spoil: written in fragments, given an ordinary index at the end.

A short complete MP4 (one video track, every sample with the same duration) is taken apart by
``read_clip`` and appended by ``Fragments`` as one fragment, which plays from then on whatever
happens later. ``Fragments.finish`` writes one index of all samples behind the fragments and turns
the head of the file into the head of one large ``mdat`` over them, so that every player, also one
that knows no fragments, seeks in it. The boxes are those of ISO/IEC 14496-12.
"""

from __future__ import annotations

import os
import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FTYP = b"isom\0\0\2\0isomiso5mp41"
_SYNC, _DEPENDENT = 0x0200_0000, 0x0101_0000
"""Sample flags: a picture that stands alone, and one that needs those before it."""
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000)


@dataclass(frozen=True, slots=True)
class Clip:
    """The encoded pictures of a short MP4 and what a player must know of them."""

    timescale: int
    """Ticks per second."""
    duration: int
    """Ticks of each sample."""
    description: bytes
    """The ``stsd`` box: codec, size and the codec's own head."""
    size: tuple[int, int]
    """Width and height in pixels."""
    sizes: tuple[int, ...]
    """Bytes of each sample, in order."""
    alone: frozenset[int]
    """The numbers, from 0, of the samples that need no other."""
    data: bytes
    """All samples, one behind the other."""


def read_clip(content: bytes) -> Clip:
    """The video track of a whole MP4 file; raises ValueError for one that is not as expected."""
    try:
        track = _inside(content, b"moov", b"trak")
        media = _inside(track, b"mdia")
        header, table = _inside(media, b"mdhd"), _inside(media, b"minf", b"stbl")
        durations = _numbers(_inside(table, b"stts"), 8)
        size, count = struct.unpack_from(">2I", _inside(table, b"stsz"), 4)
        sizes = (size,) * count if size else _numbers(_inside(table, b"stsz"), 12, count)
        (start,) = struct.unpack_from(">I", _inside(table, b"stco"), 8)
        width, height = struct.unpack(">2I", _inside(track, b"tkhd")[-8:])
        (timescale,) = struct.unpack_from(">I", header, 20 if header[0] else 12)
        kinds = dict(_boxes(table))
        sync = _numbers(kinds[b"stss"], 8) if b"stss" in kinds else range(1, count + 1)
        data = content[start : start + sum(sizes)]
    except (KeyError, struct.error, IndexError) as error:
        raise ValueError(f"this is no MP4 with one video track: {error!r}") from error
    if b"ctts" in kinds or len(data) < sum(sizes) or not sizes:
        raise ValueError(f"this MP4 reorders its {count} samples, has none or is cut short")
    return Clip(
        timescale=timescale,
        duration=durations[1],
        description=_box(b"stsd", kinds[b"stsd"]),
        size=(width >> 16, height >> 16),
        sizes=tuple(sizes),
        alone=frozenset(number - 1 for number in sync),
        data=data,
    )


class Fragments:
    """An MP4 file that grows by whole fragments. What it raises is OSError."""

    def __init__(self, path: Path) -> None:
        """Create ``path`` or empty it."""
        self._file = path.open("w+b", buffering=0)
        self._first: Clip | None = None
        self._head = 0
        """Where the room for the head of the large mdat is, in bytes from the start."""
        self._count = 0
        self.length = 0
        """The length of the file, as far as it is whole."""
        self.samples = 0

    def append(self, clip: Clip) -> None:
        """Add a clip of the same codec and size; on the disk when this returns.

        Where that fails the file is cut back, so that it stays whole.
        """
        content, first = b"", self._first or clip
        if self._first is None:
            content = _box(b"ftyp", _FTYP)
            self._head = len(content)
            content += _box(b"free", bytes(8)) + _head(clip, None)
        self._count += 1
        content += _fragment(clip, self._count, self.samples * first.duration)
        try:
            _write_all(self._file.fileno(), content)
            # Without this a power cut would also take what the kernel has not written yet.
            os.fdatasync(self._file.fileno())
        except OSError:
            self._file.truncate(self.length)
            self._file.seek(self.length)
            self._count -= 1
            raise
        self._first = first
        self.length += len(content)
        self.samples += len(clip.sizes)

    def finish(self) -> None:
        """Give the file its ordinary index and close it; where that fails it stays in fragments."""
        try:
            if self._first is not None:
                _write_all(self._file.fileno(), _head(self._first, self._index()))
                os.fdatasync(self._file.fileno())
                large = struct.pack(">I4sQ", 1, b"mdat", self.length - self._head)
                os.pwrite(self._file.fileno(), large, self._head)
        except OSError:
            self._file.truncate(self.length)
            raise
        finally:
            self._file.close()

    def _index(self) -> _Index:
        """Read back from the fragments, so that a long recording needs no memory for it."""
        index = _Index(array("I"), array("I"), array("Q"), array("I"))
        at, file = 0, self._file.fileno()
        while at < self.length:
            length, kind = struct.unpack(">I4s", os.pread(file, 8, at))
            if kind == b"moof":
                samples = _inside(os.pread(file, length, at), b"moof", b"traf", b"trun")
                count, _, *rows = struct.unpack(f">{len(samples) // 4 - 1}I", samples[4:])
                for number in range(count):
                    if rows[2 * number + 1] == _SYNC:
                        index.alone.append(len(index.sizes) + number + 1)
                index.sizes.extend(rows[::2])
                index.counts.append(count)
                index.offsets.append(at + length + 8)
            at += length
        return index


@dataclass(frozen=True, slots=True)
class _Index:
    sizes: array[int]
    alone: array[int]
    offsets: array[int]
    counts: array[int]


def _fragment(clip: Clip, number: int, start: int) -> bytes:
    """moof and mdat of a clip that begins at ``start`` ticks."""
    rows = b"".join(
        struct.pack(">2I", size, _SYNC if place in clip.alone else _DEPENDENT)
        for place, size in enumerate(clip.sizes)
    )

    def moof(offset: int) -> bytes:
        return _box(
            b"moof",
            _full(b"mfhd", 0, struct.pack(">I", number)),
            _box(
                b"traf",
                _full(b"tfhd", 0x020000, struct.pack(">I", 1)),  # offsets count from this moof
                _full(b"tfdt", 0x0100_0000, struct.pack(">Q", start)),
                # offset of the data, then size and flags of each sample
                _full(b"trun", 0x000601, struct.pack(">2I", len(clip.sizes), offset) + rows),
            ),
        )

    return moof(len(moof(0)) + 8) + _box(b"mdat", clip.data)


def _head(clip: Clip, index: _Index | None) -> bytes:
    """The moov box: of a file in fragments, or with the index of all samples."""
    width, height = clip.size
    ticks = 0 if index is None else len(index.sizes) * clip.duration
    ms = round(ticks * 1000 / clip.timescale)
    movie = struct.pack(">2QIQIH10x", 0, 0, 1000, ms, 0x10000, 0x0100)
    movie += _MATRIX + struct.pack(">24xI", 2)  # the number of a next track
    track = struct.pack(">2QI4xQ16x", 0, 0, 1, ms) + _MATRIX
    track += struct.pack(">2I", width << 16, height << 16)
    media = struct.pack(">2QIQ2H", 0, 0, clip.timescale, ticks, 0x55C4, 0)  # language: und
    boxes = [
        _full(b"mvhd", 0x0100_0000, movie),
        _box(
            b"trak",
            _full(b"tkhd", 0x0100_0003, track),
            _box(
                b"mdia",
                _full(b"mdhd", 0x0100_0000, media),
                _full(b"hdlr", 0, struct.pack(">4x4s12x", b"vide") + b"video\0"),
                _box(
                    b"minf",
                    _full(b"vmhd", 1, bytes(8)),
                    _box(b"dinf", _full(b"dref", 0, struct.pack(">I", 1) + _full(b"url ", 1, b""))),
                    _box(b"stbl", clip.description, *_tables(clip, index)),
                ),
            ),
        ),
    ]
    if index is None:
        defaults = struct.pack(">5I", 1, 1, clip.duration, 0, _DEPENDENT)
        boxes.append(_box(b"mvex", _full(b"trex", 0, defaults)))
    return _box(b"moov", *boxes)


def _tables(clip: Clip, index: _Index | None) -> Iterator[bytes]:
    none = struct.pack(">I", 0)
    if index is None:
        yield from (_full(name, 0, none) for name in (b"stts", b"stsc"))
        yield _full(b"stsz", 0, none + none)
        yield _full(b"stco", 0, none)
        return
    runs = [
        (chunk + 1, count, 1)
        for chunk, count in enumerate(index.counts)
        if chunk == 0 or count != index.counts[chunk - 1]
    ]
    yield _full(b"stts", 0, struct.pack(">3I", 1, len(index.sizes), clip.duration))
    yield _full(b"stss", 0, _counted(index.alone))
    yield _full(
        b"stsc",
        0,
        struct.pack(">I", len(runs)) + b"".join(struct.pack(">3I", *run) for run in runs),
    )
    yield _full(b"stsz", 0, none + _counted(index.sizes))
    yield _full(b"co64", 0, _counted(index.offsets))


def _counted(values: array[int]) -> bytes:
    return struct.pack(f">I{len(values)}{values.typecode}", len(values), *values)


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", len(content) + 8, kind) + content


def _full(kind: bytes, version_and_flags: int, content: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version_and_flags), content)


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        if length < 8:  # a 64-bit length: no short clip has one
            raise KeyError(kind)
        yield kind, content[at + 8 : at + length]
        at += length


def _inside(content: bytes, *kinds: bytes) -> bytes:
    for kind in kinds:
        content = dict(reversed(list(_boxes(content))))[kind]  # the first of each kind
    return content


def _numbers(content: bytes, start: int, count: int | None = None) -> tuple[int, ...]:
    count = (len(content) - start) // 4 if count is None else count
    return struct.unpack_from(f">{count}I", content, start)


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
