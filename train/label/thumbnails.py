"""Smaller pictures: for the strip, kept beside the large ones, and for the screen."""

from __future__ import annotations

import threading
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import cv2

from edge.image import read_image, resized

SIDE = 96
"""Pixels of a thumbnail's longer side."""
SCREEN = 1600
"""Pixels of the longer side of what a screen shows of a large photo."""


class Thumbnails:
    """Thumbnails in a folder of their own; a picture that has changed gets a new one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # a large photo takes a hundred megabytes while it is decoded
        self._one = threading.Lock()

    def __call__(self, path: Path) -> bytes:
        """The JPEG for the picture ``path``; raises LocalizerError where that cannot be read."""
        found = path.stat()
        name = f"{path}\0{found.st_size}\0{found.st_mtime_ns}".encode()
        kept = self._folder / f"{blake2b(name, digest_size=12).hexdigest()}.jpg"
        try:
            return kept.read_bytes()
        except FileNotFoundError:
            pass
        with self._one:
            content = smaller(path, SIDE, 80)
        beside = kept.with_name(f"{kept.name}.{threading.get_ident()}.part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(content)
            beside.replace(kept)
        except OSError:  # a full disk costs time, and no label
            with suppress(OSError):  # one that takes no change has nothing to remove
                beside.unlink()
        return content


def smaller(path: Path, side: int, quality: int) -> bytes:
    """The picture ``path`` as a JPEG with at most ``side`` pixels along its longer side.

    Raises LocalizerError where it cannot be read.
    """
    image = read_image(path)
    height, width = image.shape[:2]
    scale = min(side / max(height, width), 1.0)
    small = resized(image, max(round(width * scale), 1), max(round(height * scale), 1))
    how = [cv2.IMWRITE_JPEG_QUALITY, quality]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), how)
    return data.tobytes()
