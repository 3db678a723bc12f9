"""What lies at a path; one where nobody may look is told, and not raised as it comes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from edge.errors import LocalizerError


def is_file(path: Path) -> bool:
    """Whether a file is there, or what a link to one leads to.

    This and its likes raise LocalizerError where that cannot be known, as in a folder that this
    user may not enter.
    """
    told = _looked(path)
    return told is not None and stat.S_ISREG(told.st_mode)


def is_folder(path: Path) -> bool:
    """Whether a folder is there."""
    told = _looked(path)
    return told is not None and stat.S_ISDIR(told.st_mode)


def is_there(path: Path) -> bool:
    """Whether anything is there, which a link may lead to."""
    return _looked(path) is not None


def refuse_taken(path: Path, option: str) -> None:
    """Raise LocalizerError where ``path``, said by ``option``, is there or has no folder."""
    if is_there(path):
        raise LocalizerError(f"{path} exists and is not overwritten; give {option} another name")
    if not is_folder(path.parent):
        raise LocalizerError(f"{path.parent} is no folder; make it, or give {option} another place")


def for_opencv(path: Path) -> str:
    """``path`` as OpenCV takes it: of a name that is no UTF-8 it would die, so that is told."""
    text = str(path)
    if not is_utf8(text):
        raise LocalizerError(
            f"{text!a} is no UTF-8, which OpenCV cannot open; give it another name"
        )
    return text


def is_utf8(text: str) -> bool:
    """Whether all of it can be written as UTF-8; else a command line had other bytes there."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _looked(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise LocalizerError(
            f"{path} cannot be looked at: {error.strerror}; name another place, or let this user "
            "in there"
        ) from error
