"""Which pictures of a folder the page shows."""

from __future__ import annotations

from pathlib import Path

from edge.errors import LocalizerError
from edge.image import SUFFIXES
from train.example import printable
from train.readers.pictures import Pictures, files_below, passed_by
from train.readers.sniff import recognized
from train.readers.voc import folders
from train.writers.voc import NO_XML


def pictures_in(folder: Path) -> tuple[list[Path], list[str]]:
    """The pictures below ``folder`` that the page can show, by name; and why others are left out.

    Of two with one stem the second is left out, as they would share their annotation; one whose
    name is not UTF-8 or not for XML is, as neither the page nor an annotation can name it.
    Raises LocalizerError where there is none, or the folder is annotated in another format.
    """
    if not folder.is_dir():
        raise LocalizerError(f"{_shown(folder)} is not a folder; name the one of your pictures")
    if _shown(folder.resolve()) != str(folder.resolve()):
        raise LocalizerError(
            f"the page shows folders whose path is UTF-8; rename it. Received: {_shown(folder)}"
        )
    if not any(path.suffix.lower() == ".xml" for path in files_below(folder)):
        found = recognized(folder).data_format
        if found not in ("voc", "folders"):
            raise LocalizerError(
                f"{folder} is annotated as {found}, and the page writes Pascal VOC; "
                f"edge-train convert-data {folder} --to voc --out OTHER makes a copy for it"
            )
    taken: dict[Path, Path] = {}
    place = folders(folder)[0]
    left_out = [str(fault) for fault in passed_by(place)]
    for path in Pictures.below(place).paths:
        if NO_XML.search(str(path.relative_to(place))) and _shown(path) == str(path):
            why = "its name has a character that XML cannot hold; rename it"
            left_out.append(f"{printable(str(path))}: {why}")
        elif _shown(path) != str(path):
            left_out.append(f"{_shown(path)}: its name is not UTF-8; rename it")
        elif taken.setdefault(path.with_suffix(""), path) is not path:
            left_out.append(f"{path}: another picture has its stem; rename one of the two")
    if not taken:
        raise LocalizerError(
            f"{folder} holds no picture ({', '.join(SUFFIXES)}) with a name in UTF-8; name another"
        )
    return list(taken.values()), left_out


def _shown(path: Path) -> str:
    """``path`` as it may be printed: bytes that are not UTF-8 as ``\\xe9``."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
