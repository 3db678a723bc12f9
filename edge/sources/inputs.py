"""The one door to every source: what ``--camera``, ``--video`` and ``--images`` give."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import LocalizerError, Refused
from edge.observation import Frame
from edge.source_options import SourceOptions
from edge.sources import Source, Wait, files
from edge.sources.pace import in_real_time
from edge.sources.reopening import Health, Reopening
from edge.sources.view import View, viewed

if TYPE_CHECKING:  # a video file needs no camera's modules
    from edge.sources.choose import Live

_LIVE_RATE = 30.0  # frames per second
_PICTURES_RATE = 10.0  # frames per second, of a recording of unrelated pictures


@dataclass(frozen=True, slots=True)
class Input:
    """Where the frames come from, as the sinks need to know it."""

    frames: Source
    name: str
    live: bool
    """Whether only the newest frame counts; else none is left out."""
    rate: Callable[[], float]
    """Frames per second of a recording."""
    frame_name: Callable[[Frame], str]
    """What a person calls a frame."""
    film_rate: Callable[[], float] = lambda: _PICTURES_RATE
    """Frames per second that ``Frame.index`` counts in a file, whichever of them are given."""
    health: Callable[[], Health | None] = lambda: None
    """How a camera is at the moment; None of a file."""

    def state(self) -> str | None:
        """How a camera is, in a word; None of a file."""
        health = self.health()
        return health.state if health is not None else None


def pictures(folder: Path, options: SourceOptions, say: Callable[[str], None]) -> Input:
    """The pictures of a folder."""
    options.refuse_all_but((), "--images")
    return Input(
        viewed(files.images(folder, say), View.of(options)),
        f"the pictures in {folder}",
        live=False,
        rate=lambda: _PICTURES_RATE,
        frame_name=lambda frame: Path(frame.path or "").name,
    )


def film(path: Path, options: SourceOptions, say: Callable[[str], None], wait: Wait) -> Input:
    """A video file: every frame, or as if it were live."""
    options.refuse_all_but(("fps", "real_time"), "--video")
    frames = files.video(path, say, options.fps)
    if options.real_time:
        rate = files.frame_rate(path)
        frames = in_real_time(frames, rate, wait, time.monotonic)
    return Input(
        viewed(frames, View.of(options)),
        str(path),
        live=options.real_time,
        rate=lambda: min(files.frame_rate(path), options.fps or float("inf")),
        frame_name=lambda frame: f"frame {frame.index}",
        film_rate=lambda: files.frame_rate(path),
    )


def camera(
    wanted: str,
    options: SourceOptions,
    say: Callable[[str], None],
    wait: Wait,
    model_size: tuple[int, int],
    patient: bool = False,
) -> Input:
    """A live camera, reopened for as long as the run lasts.

    wanted: the value of --camera; see ``choose``.
    model_size: the width and height of the model's input.
    patient: whether one that is there and then fails before its first frame is opened again.
    Raises Absent where it is not there, unless the options say to wait for it.
    """
    from edge.sources import choose

    view = View.of(options)
    least = view.source_size(*model_size)
    chosen: Live | None = None
    tried = False  # whether it has been opened before

    def taken() -> Live:
        nonlocal chosen
        if chosen is None:  # what was chosen once stays chosen
            there = choose.choose(wanted)
            options.refuse_all_but(there.takes, there.kind)
            chosen = there
        return chosen

    def taken_again() -> Live:
        nonlocal chosen, tried
        before = taken()
        if tried and wanted == "auto":
            chosen = choose.found_again(before)
            if chosen != before:
                say(f"source: {chosen}")
        tried = True
        return chosen or before

    try:
        name = str(taken())
    except Refused:
        raise
    except LocalizerError:
        if not options.wait_for_camera:
            raise
        name = f"--camera {wanted}, as soon as it is there"

    def opened() -> Source:
        return viewed(taken_again().frames(options, least, wait), view)

    def device() -> object:
        return choose.device_of(chosen) if chosen is not None else None

    patient = patient or options.wait_for_camera
    source = Reopening(opened, wait, say, patient=patient, device=device)
    return Input(
        source.frames(),
        name,
        live=True,
        rate=lambda: options.fps or _LIVE_RATE,
        frame_name=lambda _: time.strftime("%H:%M:%S"),
        health=lambda: source.health,
    )
