"""What ``--camera`` means on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol, TypeVar

from edge.errors import Absent, LocalizerError, Refused
from edge.looking import is_there, is_utf8
from edge.source_options import SourceOptions
from edge.sources import Source, Wait, fake, network, picamera, v4l2

_DIGITS = 9  # of a number that can be a camera's

Address = TypeVar("Address", int, Path)


class Live(Protocol):
    """A camera of any kind; ``str()`` says which."""

    kind: ClassVar[str]
    """What it is, for a sentence: "a network camera"."""
    takes: ClassVar[frozenset[str]]
    """The source options that it takes, by the names of their fields."""

    def frames(self, options: SourceOptions, wanted: tuple[int, int] | None, wait: Wait) -> Source:
        """What it sees; opened at the first frame, and at each call anew.

        wanted: the width and height that the model needs at least.
        """


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera at this machine."""

    kind: ClassVar[str] = "a Pi or USB camera"
    takes: ClassVar[frozenset[str]] = frozenset(
        {"size", "fps", "exposure", "focus", "wait_for_camera"}
    )

    address: int | Path
    """libcamera's number, or a V4L2 node, by its stable name where it has one."""
    name: str
    """What the driver calls it."""

    def __str__(self) -> str:
        where = f"libcamera {self.address}" if isinstance(self.address, int) else self.address
        return f"{where} ({self.name})"

    def frames(self, options: SourceOptions, wanted: tuple[int, int] | None, wait: Wait) -> Source:
        if isinstance(self.address, int):
            return picamera.frames(self.address, options, wanted)
        return v4l2.frames(self.address, options)


@dataclass(frozen=True, slots=True)
class NetworkCamera:
    """A camera behind a URL."""

    kind: ClassVar[str] = "a network camera"
    takes: ClassVar[frozenset[str]] = frozenset({"fps", "wait_for_camera"})

    url: str

    def __str__(self) -> str:
        return network.without_password(self.url)

    def frames(self, options: SourceOptions, wanted: tuple[int, int] | None, wait: Wait) -> Source:
        return network.frames(self.url, options)


def choose(
    wanted: str,
    libcamera: Callable[[], Mapping[int, str]] = picamera.cameras,
    nodes: Callable[[], Mapping[Path, str]] = v4l2.cameras,
) -> Live:
    """The camera for ``auto``, a number, the path of a V4L2 node, a URL, or ``fake:SCENE``.

    auto takes libcamera's first camera, else the first V4L2 node that really is a camera: on a
    Raspberry Pi /dev/video0 may be the raw receiver, from which reading hangs. A number N is
    libcamera's camera N if it lists that many, else /dev/videoN.

    libcamera, nodes: list the cameras, or raise LocalizerError where they cannot look.
    Raises Absent for a camera that is not there now, Refused for what can mean none.
    """
    if wanted == "auto":
        return _first(libcamera, nodes)
    if wanted.startswith("fake:"):
        return fake.FakeCamera(wanted.removeprefix("fake:"))
    if network.is_url(wanted) and is_utf8(wanted):
        return NetworkCamera(wanted)
    if wanted.isdecimal() and len(wanted) <= _DIGITS:
        number = int(wanted)
        listed, _ = _looked(libcamera)
        if number in listed:
            return Camera(number, listed[number])
        return _at(Path(f"/dev/video{number}"), libcamera, nodes)
    if wanted.startswith("/"):
        return _at(Path(wanted), libcamera, nodes)
    raise Refused(
        "--camera takes auto, a number, a node like /dev/video0, a URL that begins with "
        f"{', '.join(f'{scheme}://' for scheme in network.PORTS)}, or fake:shapes. "
        f"Received: {network.without_password(wanted) if '://' in wanted else wanted}"
    )


def found_again(lost: Live, nodes: Callable[[], Mapping[Path, str]] = v4l2.cameras) -> Live:
    """``lost``, which auto chose before, where it is now: re-plugged, it may have another number.

    Something else may have its old number meanwhile, so a node is known by what it calls itself,
    unless it has a stable name: then a twin does not take its place.
    Raises Absent while no node calls itself so.
    """
    if not isinstance(lost, Camera) or isinstance(lost.address, int):
        return lost
    if lost.address.parent == v4l2.BY_ID:
        return lost
    there = nodes()
    if there.get(lost.address.resolve()) == lost.name:
        return lost
    for node, name in there.items():
        if name == lost.name:
            return Camera(v4l2.stable_name(node), name)
    raise Absent(f"{lost} is not there; plug the camera in, or give --camera another")


def device_of(camera: Live) -> object:
    """What changes when a node's device goes, or is plugged in again; None of what has no node."""
    if not isinstance(camera, Camera) or isinstance(camera.address, int):
        return None
    try:
        told = camera.address.stat()
    except OSError:
        return None
    return told.st_ino, told.st_ctime_ns


def listed(
    libcamera: Callable[[], Mapping[int, str]] = picamera.cameras,
    nodes: Callable[[], Mapping[Path, str]] = v4l2.cameras,
) -> list[str]:
    """One line for each camera of this machine: what ``--camera`` takes, and its name.

    Raises Absent where there is none.
    """
    _first(libcamera, nodes)
    modules, _ = _looked(libcamera)
    found, _ = _looked(nodes)
    lines = [f"{number}  {name} (libcamera)" for number, name in sorted(modules.items())]
    for node, name in found.items():
        stable = v4l2.stable_name(node)
        lines.append(f"{stable}  {name}" + (f" ({node})" if stable != node else ""))
    return lines


def _first(
    libcamera: Callable[[], Mapping[int, str]], nodes: Callable[[], Mapping[Path, str]]
) -> Camera:
    modules, why_no_module = _looked(libcamera)
    for number in sorted(modules):
        return Camera(number, modules[number])
    found, why_no_node = _looked(nodes)
    for node, name in found.items():
        return Camera(v4l2.stable_name(node), name)
    raise Absent(
        f"no camera is there: libcamera lists none{_because(why_no_module)}, and no /dev/video* "
        f"is a camera{_because(why_no_node)}; plug one in, or use "
        "--camera fake:shapes, --video FILE or --images DIR"
    )


def _at(
    path: Path,
    libcamera: Callable[[], Mapping[int, str]],
    nodes: Callable[[], Mapping[Path, str]],
) -> Camera:
    there_is = is_there(path)
    found, why = _looked(nodes)
    node = path.resolve()  # /dev/v4l/by-id/… are links
    if node in found:
        return Camera(v4l2.stable_name(node), found[node])
    modules, _ = _looked(libcamera)
    there = [str(Camera(number, name)) for number, name in modules.items()]
    there += [str(Camera(other, name)) for other, name in found.items()]
    rest = f"there are: {', '.join(there)}" if there else f"no camera is there{_because(why)}"
    fault = "gives no pictures by V4L2" if there_is else "is not there"
    raise Absent(f"{path} {fault}; {rest}; give --camera another, or use --video FILE")


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
