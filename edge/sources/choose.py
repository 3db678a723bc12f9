"""What ``--camera`` means on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from edge.errors import LocalizerError
from edge.sources import Source, picamera, v4l2

Address = TypeVar("Address", int, Path)


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera that is there."""

    address: int | Path
    """libcamera's number, or a V4L2 node."""
    name: str
    """What the driver calls it."""

    def __str__(self) -> str:
        where = f"libcamera {self.address}" if isinstance(self.address, int) else self.address
        return f"{where} ({self.name})"

    def frames(self) -> Source:
        """What it sees; opened at the first frame."""
        if isinstance(self.address, int):
            return picamera.frames(self.address)
        return v4l2.frames(self.address)


def choose(
    wanted: str,
    libcamera: Callable[[], Mapping[int, str]] = picamera.cameras,
    nodes: Callable[[], Mapping[Path, str]] = v4l2.cameras,
) -> Camera:
    """The camera for ``auto``, a number, or the path of a V4L2 node.

    auto takes libcamera's first camera, else the first V4L2 node that really is a camera: on a
    Raspberry Pi /dev/video0 may be the raw receiver, from which reading hangs. A number N is
    libcamera's camera N if it lists that many, else /dev/videoN.

    libcamera, nodes: list the cameras, or raise LocalizerError where they cannot look.
    """
    if wanted == "auto":
        return _first(libcamera, nodes)
    if wanted.isdecimal():
        number = int(wanted)
        listed, _ = _looked(libcamera)
        if number in listed:
            return Camera(number, listed[number])
        return _at(Path(f"/dev/video{number}"), libcamera, nodes)
    if wanted.startswith("/"):
        return _at(Path(wanted), libcamera, nodes)
    raise LocalizerError(
        f"--camera takes auto, a number or a node like /dev/video0. Received: {wanted}"
    )


def _first(
    libcamera: Callable[[], Mapping[int, str]], nodes: Callable[[], Mapping[Path, str]]
) -> Camera:
    modules, why_no_module = _looked(libcamera)
    for number in sorted(modules):
        return Camera(number, modules[number])
    found, why_no_node = _looked(nodes)
    for node, name in found.items():
        return Camera(node, name)
    raise LocalizerError(
        f"no camera is there: libcamera lists none{_because(why_no_module)}, and no /dev/video* "
        f"is a camera{_because(why_no_node)}; plug one in, or use --video FILE or --images DIR"
    )


def _at(
    path: Path,
    libcamera: Callable[[], Mapping[int, str]],
    nodes: Callable[[], Mapping[Path, str]],
) -> Camera:
    found, why = _looked(nodes)
    node = path.resolve()  # /dev/v4l/by-id/… are links
    if node in found:
        return Camera(node, found[node])
    modules, _ = _looked(libcamera)
    there = [str(Camera(number, name)) for number, name in modules.items()]
    there += [str(Camera(other, name)) for other, name in found.items()]
    rest = f"there are: {', '.join(there)}" if there else f"no camera is there{_because(why)}"
    fault = "gives no pictures by V4L2" if path.exists() else "is not there"
    raise LocalizerError(f"{path} {fault}; {rest}; give --camera another, or use --video FILE")


def _looked(
    look: Callable[[], Mapping[Address, str]],
) -> tuple[Mapping[Address, str], str]:
    """What a list of cameras says, and why it could not look."""
    try:
        return look(), ""
    except LocalizerError as error:
        return {}, str(error)


def _because(why: str) -> str:
    return f" ({why})" if why else ""
