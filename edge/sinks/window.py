"""A window with the overlay, where there is a display and an OpenCV that can open one."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2

from edge.errors import LocalizerError
from edge.image import Image
from edge.observation import Observation

_TITLE = "edge-run"
_ENDS = (27, ord("q"))  # Esc
_WAYS = "over ssh use --record FILE.mp4 instead"


def find_display(
    environment: Mapping[str, str] = os.environ,
    sockets: Path = Path("/tmp/.X11-unix"),  # noqa: S108
) -> str:
    """The name of the display; raises LocalizerError where there is none that answers.

    It is looked for before OpenCV is asked: without one, Qt ends the whole process.
    """
    wayland = environment.get("WAYLAND_DISPLAY")
    if wayland and (Path(environment.get("XDG_RUNTIME_DIR", "/")) / wayland).exists():
        return wayland
    display = environment.get("DISPLAY")
    if not display:
        raise LocalizerError(
            "--window needs a display, but neither DISPLAY nor WAYLAND_DISPLAY names one; "
            f"start it on the desktop, or {_WAYS}"
        )
    if not _answers(display, sockets):
        raise LocalizerError(
            f"--window needs a display, but nothing answers at DISPLAY={display}; start it on the "
            f"desktop, or {_WAYS}"
        )
    return display


def _answers(display: str, sockets: Path) -> bool:
    parts = re.fullmatch(r"([^:]*):(\d+)(\.\d+)?", display)
    if parts is None:
        return False
    host, number = parts[1], int(parts[2])
    if host in {"", "unix"}:
        family: int = socket.AF_UNIX
        address: Any = str(sockets / f"X{number}")
    else:
        family, address = socket.AF_INET, (host, 6000 + number)
    with socket.socket(family) as door:
        door.settimeout(1.0)
        try:
            door.connect(address)
        except OSError:
            return False
    return True


class Window:
    """Shows each observation; Esc, q or the window's own button end the run.

    All of it happens in the thread that calls ``write``, which then also calls ``close``.
    """

    def __init__(
        self,
        draw: Callable[[Observation], Image],
        stop: Callable[[], None],
        display: Callable[[], str] = find_display,
        gui: Any = cv2,
    ) -> None:
        """Raises LocalizerError where there is no display or this OpenCV has no windows.

        stop: ends the run. gui: the functions of OpenCV's HighGUI.
        """
        if re.search(r"GUI:\s+NONE", gui.getBuildInformation()):
            raise LocalizerError(
                "--window needs an OpenCV with windows, but this is opencv-python-headless; use "
                "the system's (sudo apt install python3-opencv, in a virtual environment made "
                "with --system-site-packages and without the other), or pip install opencv-python "
                f"in its place, or {_WAYS}"
            )
        display()
        self._draw = draw
        self._stop = stop
        self._gui = gui
        self._open = False

    def write(self, observation: Observation) -> None:
        gui = self._gui
        if not self._open:
            kind = cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL  # no toolbar
            gui.namedWindow(_TITLE, kind)
            height, width = observation.frame.pixels.shape[:2]
            gui.resizeWindow(_TITLE, width, height)
            self._open = True
        elif gui.getWindowProperty(_TITLE, cv2.WND_PROP_VISIBLE) < 1:
            self._stop()
            return
        gui.imshow(_TITLE, cv2.cvtColor(self._draw(observation), cv2.COLOR_RGB2BGR))
        if gui.waitKey(1) & 0xFF in _ENDS:
            self._stop()

    def close(self) -> None:
        if self._open:
            self._gui.destroyAllWindows()
