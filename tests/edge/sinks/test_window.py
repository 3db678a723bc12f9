import contextlib
import socket
from pathlib import Path

import pytest

from edge.errors import LocalizerError
from edge.sinks.window import Window, find_display


class Gui:
    """OpenCV's windows, without a screen."""

    def __init__(self, key=-1, gui="QT5"):
        self.key, self.gui, self.visible, self.calls = key, gui, 1.0, []

    def getBuildInformation(self):  # noqa: N802
        return f"  GUI:                           {self.gui}\n"

    def getWindowProperty(self, *_):  # noqa: N802
        return self.visible

    def imshow(self, title, picture):
        self.calls.append("imshow")
        self.shown = picture

    def waitKey(self, ms):  # noqa: N802
        return self.key

    def __getattr__(self, name):
        return lambda *_: self.calls.append(name)


@pytest.fixture
def window():
    def made(gui, stop=lambda: None):
        return Window(lambda seen: seen.frame.pixels, stop, display=lambda: ":0", gui=gui)

    return made


def test_the_window_opens_at_the_first_frame_and_is_closed(window, seen):
    gui = Gui()
    sink = window(gui)
    assert gui.calls == []
    sink.write(seen())
    sink.write(seen())
    sink.close()
    assert gui.calls == ["namedWindow", "resizeWindow", "imshow", "imshow", "destroyAllWindows"]


def test_colours_are_turned_for_opencv(window, seen, scene):
    gui = Gui()
    window(gui).write(seen(pixels=scene(colour=(255, 0, 0))))
    assert (gui.shown[20, 20] == (0, 0, 255)).all()


@pytest.mark.parametrize(("key", "stopped"), [(27, 1), (ord("q"), 1), (-1, 0), (ord("x"), 0)])
def test_escape_and_q_end_the_run(key, stopped, window, seen):
    stops = []
    window(Gui(key), stop=lambda: stops.append(1)).write(seen())
    assert len(stops) == stopped


def test_closing_the_window_ends_the_run(window, seen):
    gui, stops = Gui(), []
    sink = window(gui, stop=lambda: stops.append(1))
    sink.write(seen())
    gui.visible = 0.0
    sink.write(seen())
    assert stops == [1] and gui.calls.count("imshow") == 1


def test_an_opencv_without_windows_says_how_to_get_one(window):
    with pytest.raises(LocalizerError, match="this is opencv-python-headless; use the system's"):
        window(Gui(gui="NONE"))


def test_without_a_display_nothing_is_opened():
    with pytest.raises(
        LocalizerError, match="neither DISPLAY nor WAYLAND_DISPLAY names one; start"
    ):
        find_display({})


@pytest.mark.parametrize("display", [":0", "unix:3.0", "nonsense"])
def test_a_display_that_does_not_answer_would_end_the_process(display, tmp_path):
    with pytest.raises(LocalizerError, match=f"nothing answers at DISPLAY={display}; "):
        find_display({"DISPLAY": display}, tmp_path)


def test_a_display_that_answers_is_taken(tmp_path):
    with socket.socket(socket.AF_UNIX) as server, contextlib.chdir(tmp_path):
        server.bind("X7")  # a short name, as the address of a socket has room for 108 bytes
        server.listen()
        assert find_display({"DISPLAY": ":7.0"}, Path()) == ":7.0"


def test_wayland_is_taken_where_its_socket_is(tmp_path):
    (tmp_path / "wayland-1").touch()
    environment = {"WAYLAND_DISPLAY": "wayland-1", "XDG_RUNTIME_DIR": str(tmp_path)}
    assert find_display(environment) == "wayland-1"
