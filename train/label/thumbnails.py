"""Small pictures for the strip, made once and kept beside the large ones."""

from __future__ import annotations

import threading
from hashlib import blake2b
from pathlib import Path

import cv2

from edge.image import read_image, resized

SIDE = 96
"""Pixels of a thumbnail's longer side."""


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
            image = read_image(path)
        height, width = image.shape[:2]
        scale = min(SIDE / max(height, width), 1.0)
        small = resized(image, max(round(width * scale), 1), max(round(height * scale), 1))
        quality = [cv2.IMWRITE_JPEG_QUALITY, 80]
        _, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), quality)
        content = data.tobytes()
        beside = kept.with_name(f"{kept.name}.{threading.get_ident()}.part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(content)
            beside.replace(kept)
        except OSError:  # a full disk costs time, and no label
            beside.unlink(missing_ok=True)
        return content
