"""The bundle: small files in a zip behind a model's flatbuffer.

Both LiteRT runtimes ignore what follows the flatbuffer, and ``unzip -p model.tflite NAME`` prints
a file of it. A model may come from anywhere, so nothing here believes what the zip says of itself.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.beside import beside
from edge.errors import LocalizerError

SEAL = "flatbuffer.sha256"
"""The file that every bundle holds: the hash of the flatbuffer before it, as hexadecimal text."""

_LARGEST_MODEL = 256 * 2**20  # bytes; the widest float32 backbone has a tenth of it
_LARGEST_FILE, _LARGEST_SUM = 2**20, 4 * 2**20  # bytes, unpacked; a real bundle has 0.3 MB
_MOST_FILES = 64
_LARGEST_DIRECTORY = 2**16  # bytes
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}(/[A-Za-z0-9][A-Za-z0-9._-]{0,63})?")
_END = struct.Struct("<4s4H2IH")  # a zip's end of central directory, without a comment
_END_MARK, _FILE_MARK = b"PK\x05\x06", b"PK\x03\x04"
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the same content gives the same bytes on every day


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model file, taken apart."""

    where: str
    """The model file's path, for sentences about it."""
    flatbuffer: bytes
    """The model alone, as LiteRT reads it."""
    files: Mapping[str, bytes]
    """The content of each file behind it, by name; the seal is checked and left out."""


def read_bundle(path: Path) -> Bundle:
    """The model file ``path``, taken apart; one with nothing behind its flatbuffer has no files.

    Raises LocalizerError where it is absent, no TFLite model, cut short, lengthened, damaged, or
    holds what no bundle of this project holds.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_MODEL + 1)
    except OSError as error:
        raise LocalizerError(f"{path} cannot be read: {error.strerror}") from error
    if data[4:8] != b"TFL3":
        raise LocalizerError(
            f"{path} is not a TFLite model (its bytes 4 to 7 are not TFL3); "
            "give a file that edge-convert tflite wrote"
        )
    if len(data) > _LARGEST_MODEL:
        raise LocalizerError(
            f"{path} is over {_LARGEST_MODEL} bytes, and no localizer is as large; "
            "give a file that edge-convert tflite wrote"
        )
    return _taken_apart(data, str(path))


def split_bundle(data: bytes, where: str = "the model file") -> tuple[bytes, bytes]:
    """The flatbuffer of a model file's content, and the zip behind it (empty where none is).

    The zip counts its offsets from the model file's first byte: to move its files to another
    flatbuffer, hand ``read_bundle(path).files`` to ``with_bundle``.
    Raises LocalizerError as ``read_bundle`` does; ``where`` names the file in it.
    """
    flatbuffer = _taken_apart(data, where).flatbuffer
    return flatbuffer, data[len(flatbuffer) :]


def with_bundle(flatbuffer: bytes, files: Mapping[str, bytes]) -> bytes:
    """The content of a model file: ``flatbuffer``, and ``files`` and its seal behind it.

    A bundle that ``flatbuffer`` already carries is replaced.
    Raises ValueError for a file that ``read_bundle`` would refuse.
    """
    flatbuffer, _ = split_bundle(flatbuffer)
    content = io.BytesIO()
    content.write(flatbuffer)
    seal = hashlib.sha256(flatbuffer).hexdigest().encode() + b"\n"
    # "a" appends behind what is not a zip, and counts its offsets from the file's first byte
    with zipfile.ZipFile(content, "a") as bundle:
        for name, data in {**files, SEAL: seal}.items():
            if not _NAME.fullmatch(name) or len(data) > _LARGEST_FILE:
                raise ValueError(
                    f"a bundle's files have plain names and up to {_LARGEST_FILE} bytes. "
                    f"Received: {name!r} with {len(data)}"
                )
            packed = name.endswith(".jpg")
            entry = zipfile.ZipInfo(name, _FIRST_DAY)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            bundle.writestr(entry, data)
    return content.getvalue()


def write_model(path: Path, content: bytes) -> None:
    """Write a model file whole or not at all: beside ``path``, onto the disk, then renamed.

    Raises LocalizerError where that fails; then what lay at ``path`` is as it was.
    """
    try:
        with beside(path) as part, part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise LocalizerError(
            f"{path} cannot be written: {error.strerror}; make room or name another place"
        ) from error


def _taken_apart(data: bytes, where: str) -> Bundle:
    end = _end(data, where)
    if end is None:
        return Bundle(where, data, {})
    entries, size, offset = end
    if entries > _MOST_FILES or size > _LARGEST_DIRECTORY:
        raise _refused(where, f"it lists {entries} files, more than the {_MOST_FILES} allowed")
    if offset + size + _END.size != len(data):
        raise _refused(where, "its directory is not where it says")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as bundle:
            inside = bundle.infolist()
            if len(inside) != entries:  # a comment's length that grew hides what follows it
                raise _refused(where, f"it lists {entries} files but names {len(inside)}")
            _checked(inside, where)
            start = min((entry.header_offset for entry in inside), default=offset)
            files = {entry.filename: _content(bundle, entry, where) for entry in inside}
    # zipfile says by RuntimeError, ValueError and others what it cannot follow
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError) as error:
        raise _refused(where, f"{type(error).__name__}: {error}") from error
    except struct.error as error:
        raise _refused(where, str(error)) from error
    flatbuffer = data[:start]
    seal = files.pop(SEAL, None)
    if seal is not None and seal.strip() != hashlib.sha256(flatbuffer).hexdigest().encode():
        raise LocalizerError(
            f"{where} is damaged: its flatbuffer is not the one that its {SEAL} names; "
            "copy it again or convert the run again"
        )
    return Bundle(where, flatbuffer, files)


def _end(data: bytes, where: str) -> tuple[int, int, int] | None:
    """How many files the zip at the end of ``data`` lists, and its directory's size and offset."""
    if len(data) >= _END.size:
        mark, _, _, _, entries, size, offset, comment = _END.unpack(data[-_END.size :])
        if mark == _END_MARK and comment == 0:
            return entries, size, offset
    at = data.rfind(_END_MARK)
    if 0 <= at <= len(data) - _END.size:
        _, _, _, _, _, size, offset, _ = _END.unpack(data[at : at + _END.size])
        if offset + size == at:
            raise LocalizerError(
                f"{where} has {len(data) - at - _END.size} bytes behind its bundle that do not "
                "belong to it; copy it again or convert the run again"
            )
    at = data.rfind(_FILE_MARK)
    if at >= 0 and _NAME.match(data[at + 30 : at + 60].decode("latin-1")):
        raise LocalizerError(
            f"{where} is cut short: the bundle at its end has no end; "
            "copy it again or convert the run again"
        )
    return None


def _checked(inside: list[zipfile.ZipInfo], where: str) -> None:
    """Refuse what no bundle of this project holds, before a byte of it is unpacked."""
    names = [entry.filename for entry in inside]
    for entry in inside:
        # zipfile ends a name at its first NUL
        if not _NAME.fullmatch(entry.filename) or entry.orig_filename != entry.filename:
            raise _refused(where, f"the file name {entry.orig_filename[:80]!r} is not allowed")
        if entry.flag_bits & 1:
            raise _refused(where, f"{entry.filename} is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refused(where, f"{entry.filename} is packed in an unusual way")
        if entry.file_size > _LARGEST_FILE:
            raise _refused(where, f"{entry.filename} is over {_LARGEST_FILE} bytes")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise _refused(where, f"{twice} is there twice")
    if sum(entry.file_size for entry in inside) > _LARGEST_SUM:
        raise _refused(where, f"its files have over {_LARGEST_SUM} bytes together")


def _content(bundle: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str) -> bytes:
    with bundle.open(entry) as file:
        # Bounded: a read without a number unpacks all that the data give, whatever the size says.
        data = file.read(_LARGEST_FILE + 1)
    if len(data) != entry.file_size:
        raise _refused(where, f"{entry.filename} is not as long as it says")
    return data


def _refused(where: str, why: str) -> LocalizerError:
    return LocalizerError(
        f"{where} has a bundle that cannot be used ({why}); "
        "convert the run again with edge-convert tflite"
    )
