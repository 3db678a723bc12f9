"""The files of the service for this board: unit, drop-in, udev rules, a first configuration."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from edge.errors import LocalizerError

UNIT = "edge-run.service"
CONFIGURATION = Path("etc/edge-run.toml")
DROP_IN = Path(f"etc/systemd/system/{UNIT}.d/network.conf")
STATE = Path("var/lib/edge-run")
GROUPS = ("video", "render", "plugdev")
"""Who may use cameras and accelerators, where a system has them."""
_HOMES = ("/home", "/root", "/run/user")
"""What ProtectHome=yes hides from the service."""
_SHIPPED = "/opt/edge-localizer/bin/edge-run"
_MARK = "# As edge-device install-service wrote it: "


@dataclass(frozen=True, slots=True)
class File:
    """A file of the service."""

    path: Path
    """Under the root of the system, without a leading slash."""
    text: str
    """With a last line by which an edited file is told from an untouched one."""

    @classmethod
    def marked(cls, path: Path, text: str) -> File:
        """The file with its mark."""
        return cls(path, f"{text}\n{_MARK}{_digest(text)}\n")


def untouched(text: str) -> bool:
    """Whether a file is as some version of this program wrote it, to the letter."""
    content, mark, digest = text.rpartition(f"\n{_MARK}")
    return bool(mark) and digest.strip() == _digest(content)


def files(edge_run: Path, groups: Collection[str], network: bool) -> list[File]:
    """The files for a system, but for the drop-in where no network is wanted.

    edge_run: the command that the unit starts. groups: those that the system has.
    """
    unit = shipped(UNIT).replace(_SHIPPED, str(edge_run))
    there = " ".join(group for group in GROUPS if group in groups)
    unit = re.sub(r"(?m)^SupplementaryGroups=.*$", f"SupplementaryGroups={there}", unit)
    rules = shipped("60-edge-tpu.rules")
    if "plugdev" not in groups:
        rules = rules.replace("plugdev", "video" if "video" in groups else "root")
    made = [
        File.marked(Path(f"etc/systemd/system/{UNIT}"), unit),
        File.marked(Path("etc/udev/rules.d/60-edge-tpu.rules"), rules),
        File.marked(CONFIGURATION, shipped("edge-run.toml")),
    ]
    return [*made, drop_in()] if network else made


def drop_in() -> File:
    """What opens the network."""
    return File.marked(DROP_IN, shipped("network.conf"))


def shipped(name: str) -> str:
    """The text of a file as this project ships it; raises LocalizerError where it is missing."""
    places = [
        Path(__file__).parents[1] / "systemd",  # a checkout, or what is installed editable
        Path(sys.prefix) / "share" / "edge-localizer",
    ]
    for place in places:
        if (place / name).is_file():
            return (place / name).read_text(encoding="utf-8")
    raise LocalizerError(
        f"{name} is neither in {' nor in '.join(map(str, places))}; install edge-localizer again"
    )


def command(interpreter: Path, *others: Path) -> Path:
    """``edge-run`` beside the interpreter, as a unit can start it.

    others: what the interpreter needs besides, such as its own base and this package.
    Raises LocalizerError where it is missing, or where the service could not see it.
    """
    edge_run = interpreter.parent / "edge-run"
    for path in (interpreter, *others):
        for seen in (path, path.resolve()):
            if any(seen.is_relative_to(home) for home in _HOMES):
                raise LocalizerError(
                    f"the service sees no home, but {seen} is in one; make the environment "
                    "elsewhere: sudo /usr/bin/python3 -m venv --system-site-packages "
                    "/opt/edge-localizer, install edge-localizer there, and use its edge-device"
                )
    if not edge_run.is_file():
        raise LocalizerError(
            f"{edge_run} is not there; install edge-localizer in the environment of {interpreter}"
        )
    if not re.fullmatch(r"[\w./@+-]+", str(edge_run), re.ASCII):
        raise LocalizerError(
            "the service is started from a path of letters, digits and ./@+-_ only; make the "
            f"environment in /opt/edge-localizer. Received: {edge_run}"
        )
    return edge_run


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
