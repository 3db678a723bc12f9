"""Pictures: read upright as RGB, and resized the one way that training and device share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from enum import IntEnum
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from edge.beside import beside
from edge.errors import LocalizerError

# OpenCV would share out even a resize to 224 pixels: nothing is gained, a third of the work is
# added, and its threads take the cores from the model.
cv2.setNumThreads(1)

Image = npt.NDArray[np.uint8]
"""A picture: uint8 RGB of shape (height, width, 3). BGR exists only beside OpenCV's calls."""

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
"""The picture files that a folder is searched for, in lower case."""
_LARGE = 256  # pixels; an eighth of them still makes a thumbnail


def picture_paths(folder: Path) -> list[Path]:
    """The pictures directly in ``folder``, in plain sorted order of their file names."""
    return sorted(
        (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file()),
        key=lambda path: path.name,
    )


def read_image(path: Path) -> Image:
    """The picture in ``path``, upright (EXIF applied), colours as RGB, without alpha.

    Raises LocalizerError for a file that is absent, no picture, or cut short.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LocalizerError(f"{path} cannot be read: {error.strerror}") from error
    return decoded(data, str(path))


def decoded(data: bytes, where: str) -> Image:
    """The picture in a file's content, as ``read_image`` gives it; ``where`` names the file."""
    # The flag decodes grey and alpha to three channels and turns the picture by its EXIF tag.
    pixels = _upright(data, where, cv2.IMREAD_COLOR)
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def glimpse(data: bytes, where: str) -> tuple[npt.NDArray[np.uint8], int, int]:
    """A small grey version of a picture, upright, and the picture's own width and height.

    A large JPEG is decoded at an eighth of its size, in a fraction of the time; others as they
    are. Raises LocalizerError as ``read_image`` does.
    """
    sizes = jpeg_sizes(data) if data[:2] == b"\xff\xd8" else []
    if len(sizes) == 1 and min(sizes[0]) >= _LARGE:
        grey = _upright(data, where, cv2.IMREAD_REDUCED_GRAYSCALE_8)
        width, height = sizes[0]
        if width == height or abs(width - height) >= 8:  # else an eighth does not tell them apart
            for across, down in ((width, height), (height, width)):
                if grey.shape == (-(-down // 8), -(-across // 8)):
                    return grey, across, down
    grey = _upright(data, where, cv2.IMREAD_GRAYSCALE)
    return grey, grey.shape[1], grey.shape[0]


def _upright(data: bytes, where: str, how: int) -> npt.NDArray[np.uint8]:
    """The pixels of a whole picture file; ``how`` is OpenCV's flag."""
    if data[:2] == b"\xff\xd8" and not _jpeg_is_whole(data):
        raise LocalizerError(f"{where} is cut short: the JPEG has no end mark; copy it again")
    if data[:4] == b"\x89PNG" and b"IEND" not in data:
        raise LocalizerError(f"{where} is cut short: the PNG has no end mark; copy it again")
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), how) if data else None
    except cv2.error:  # a head that promises more pixels than OpenCV is willing to hold
        pixels = None
    if pixels is None:
        raise LocalizerError(
            f"{where} is not a picture that OpenCV can read; save it as JPEG or PNG"
        )
    return np.asarray(pixels, np.uint8)


class Resampling(IntEnum):
    """How a picture is resized; of both axes alike."""

    LINEAR = 0
    """Between the two nearest pixels: where either axis grows."""
    AREA = 1
    """The mean of the pixels that one covers: where neither grows."""
    HALVED = 2
    """Linear to twice the size, then means of 2 by 2: where both shrink two- to threefold."""


def resampling(across: float, down: float) -> Resampling:
    """The way of ``resized``, from the pixels of the source for one of the result."""
    if 2 <= across < 3 and 2 <= down < 3:
        # Every camera frame comes here: close to INTER_AREA's result in a fraction of its time,
        # because a mean of 2 by 2 pixels is what OpenCV does fastest.
        return Resampling.HALVED
    return Resampling.AREA if across >= 1 and down >= 1 else Resampling.LINEAR


def resized(image: Image, width: int, height: int, out: Image | None = None) -> Image:
    """``image`` in the given size, its aspect not kept; written into ``out`` where one is given.

    Training, calibration and the device all pass through here. Shrinking averages over the
    source pixels, so that the result hardly depends on the size that a camera happens to give.
    out: C-contiguous uint8 of shape (height, width, 3); what is returned is a view of it.
    """
    way = resampling(image.shape[1] / width, image.shape[0] / height)
    if way is Resampling.HALVED:
        image = cv2.resize(image, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR).astype(
            np.uint8, copy=False
        )
    how = cv2.INTER_LINEAR if way is Resampling.LINEAR else cv2.INTER_AREA
    small = cv2.resize(image, (width, height), dst=out, interpolation=how)
    return small.astype(np.uint8, copy=False)


def write_image(path: Path, image: Image) -> None:
    """Write ``image`` in the format of the suffix.

    Raises LocalizerError where that fails, and leaves nothing then.
    """
    good, data = False, None
    with suppress(cv2.error):  # a suffix of no picture, or more pixels than its format takes
        good, data = cv2.imencode(path.suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    if not good or data is None:
        raise LocalizerError(f"{path} cannot be encoded; use one of {', '.join(SUFFIXES)}")
    try:
        with beside(path) as part:
            part.write_bytes(data.tobytes())
    except OSError as error:
        raise LocalizerError(f"{path} cannot be written: {error.strerror}") from error


def jpeg_sizes(data: bytes) -> list[tuple[int, int]]:
    """Width and height by each frame header of a JPEG, found without decoding it."""
    return [
        (int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big"))
        for marker, at in _jpeg_segments(data)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)
    ]


def _jpeg_is_whole(data: bytes) -> bool:
    """Whether an end mark follows the first scan: OpenCV fills what is missing with grey."""
    for marker, at in _jpeg_segments(data):
        if marker == 0xDA:  # start of scan; inside it FF is always stuffed, so FFD9 is the end
            length = int.from_bytes(data[at + 2 : at + 4], "big")
            return data.find(b"\xff\xd9", at + 2 + length) >= 0
    return False


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Marker and place of each segment up to the first scan, that one included."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xFF:  # a fill byte before the marker
            at += 1
            continue
        yield marker, at
        if marker == 0xDA:
            return
        at += 2 + length
