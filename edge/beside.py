"""Files that are whole or not there: written beside their name, then renamed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A name to write at, which becomes ``path`` when the block ends.

    Where the block raises, or the renaming does, nothing is left and ``path`` is as it was.
    """
    part = path.with_name(path.name + ".part")
    try:
        yield part
        part.replace(path)
    except BaseException:
        with suppress(OSError):  # on a disk that takes no change, there is nothing to remove
            part.unlink()
        raise
