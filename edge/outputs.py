"""The options of ``edge-run`` that say what becomes of its answers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from edge.numbers import Finite, Whole
from edge.paths import Place

if TYPE_CHECKING:  # OpenCV and numpy would hold up --help
    from collections.abc import Callable

    from edge.observation import Frame

_FILE = Place()
STDOUT = "-"
"""The value of --json that is no file."""

Command = TypeVar("Command", bound="Callable[..., Any]")


@dataclass(frozen=True, slots=True)
class Outputs:
    """The options as they were given; each field is named as its option."""

    record: Path | None = None
    """A file that is not there yet, or a folder, in which the name is the time."""
    record_minutes: float | None = None
    """Minutes after which the video ends."""
    record_megabytes: float | None = None
    """Megabytes (10^6 bytes) at which the video ends."""
    json_target: str | None = None
    """A file that is not there yet, or STDOUT."""
    smoothing: str | None = None
    """on or off; None is on, but off for pictures."""
    window: bool = False
    """Whether the picture is shown on the desktop."""
    snapshots: Path | None = None
    """A folder for the pictures of events."""
    snapshots_keep: int = 500
    """Pictures at most; the oldest go."""
    snapshots_megabytes: float = 200.0
    """Megabytes (10^6 bytes) of pictures at most; the oldest go."""
    collect: Path | None = None
    """A folder for frames that are worth a person's label."""
    collect_keep: int = 500
    """Frames at most; the oldest go."""
    collect_megabytes: float = 200.0
    """Megabytes (10^6 bytes) of frames at most; the oldest go."""
    collect_seconds: float = 10.0
    """Seconds from one frame that is kept to the next."""
    mqtt: str | None = None
    """mqtt://[USER@]HOST[:PORT]/TOPIC."""
    mqtt_password_file: Path | None = None
    """A file whose first line is the broker's password."""
    metrics: str | None = None
    """[HOST:]PORT."""
    web: str | None = None
    """[HOST:]PORT."""
    web_password_file: Path | None = None
    """What edge-device web-password wrote; None is where that writes it."""

    @classmethod
    def taken(cls, options: dict[str, Any]) -> Outputs:
        """Its own among all ``options``, which it removes from there."""
        return cls(**{field.name: options.pop(field.name) for field in fields(cls)})

    def follows(self, unrelated: bool) -> bool:
        """Whether the object is followed from frame to frame.

        unrelated: the frames are pictures of different things. Raises click.UsageError for what
        cannot be had together.
        """
        if unrelated and self.smoothing == "on":
            raise click.UsageError(
                "--smoothing follows an object from frame to frame, but the pictures of --images "
                "are unrelated; leave --smoothing on out"
            )
        follows = not unrelated and self.smoothing != "off"
        if self.snapshots is not None and not follows:
            raise click.UsageError(
                "--snapshots keeps events, but --images and --smoothing off know none; take "
                "--camera or --video with --smoothing on"
            )
        limits = {
            "--record-minutes": self.record_minutes,
            "--record-megabytes": self.record_megabytes,
        }
        for name, limit in limits.items():
            if limit is not None and self.record is None:
                raise click.UsageError(f"{name} limits --record FILE.mp4, which is missing; add it")
        if self.mqtt_password_file is not None and self.mqtt is None:
            raise click.UsageError(
                "--mqtt-password-file belongs to --mqtt URL, which is missing; add it"
            )
        if self.web_password_file is not None and self.web is None:
            raise click.UsageError(
                "--web-password-file belongs to --web [HOST:]PORT, which is missing; add it"
            )
        return follows


_ABOVE_ZERO = Finite(min=0, min_open=True)
_OPTIONS = [
    click.option("--window/--no-window", help="Show the picture with the boxes on the desktop."),
    click.option(
        "--record",
        type=_FILE,
        metavar="FILE.mp4|DIR",
        help="Write a video with the boxes; in a folder its name is the time.",
    ),
    click.option(
        "--record-minutes", type=_ABOVE_ZERO, metavar="N", help="End the video after N minutes."
    ),
    click.option(
        "--record-megabytes", type=_ABOVE_ZERO, metavar="N", help="End the video at N megabytes."
    ),
    click.option(
        "--json",
        "json_target",
        is_flag=False,
        flag_value=STDOUT,
        metavar="[FILE]",
        help="Write one JSON object a frame, to standard output or to FILE.",
    ),
    click.option(
        "--snapshots",
        type=_FILE,
        metavar="DIR",
        help="Keep a picture of each event: appeared, moved, left.",
    ),
    click.option(
        "--snapshots-keep",
        type=Whole(min=1),
        default=500,
        show_default=True,
        metavar="N",
        help="Snapshots at most; the oldest go.",
    ),
    click.option(
        "--snapshots-megabytes",
        type=_ABOVE_ZERO,
        default=200.0,
        show_default=True,
        metavar="N",
        help="Megabytes of snapshots at most.",
    ),
    click.option(
        "--collect",
        type=_FILE,
        metavar="DIR",
        help="Keep frames worth a label: unsure, newly appeared, changed.",
    ),
    click.option(
        "--collect-keep",
        type=Whole(min=1),
        default=500,
        show_default=True,
        metavar="N",
        help="Collected frames at most; the oldest go.",
    ),
    click.option(
        "--collect-megabytes",
        type=_ABOVE_ZERO,
        default=200.0,
        show_default=True,
        metavar="N",
        help="Megabytes of collected frames at most.",
    ),
    click.option(
        "--collect-seconds",
        type=Finite(min=0),
        default=10.0,
        show_default=True,
        metavar="N",
        help="Seconds from one collected frame to the next.",
    ),
    click.option(
        "--mqtt",
        metavar="mqtt://[USER@]HOST[:PORT]/TOPIC",
        help="Publish states and events; the password comes from $EDGE_MQTT_PASSWORD.",
    ),
    click.option(
        "--mqtt-password-file", type=_FILE, metavar="FILE", help="Where the password is instead."
    ),
    click.option(
        "--metrics",
        metavar="[HOST:]PORT",
        help="Serve /metrics for Prometheus and /healthz, on this machine only without HOST.",
    ),
    click.option(
        "--web",
        metavar="[HOST:]PORT",
        help="Serve a page with the live picture, on this machine only without HOST.",
    ),
    click.option(
        "--web-password-file",
        type=_FILE,
        metavar="FILE",
        help="What edge-device web-password wrote, where that is not in its usual place.",
    ),
    click.option(
        "--smoothing",
        type=click.Choice(["on", "off"]),
        help="A steady box and events.  [default: on; off for --images]",
    ),
]


def output_options(command: Command) -> Command:
    """``command`` with the options of all outputs."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def film_time(rate: float) -> Callable[[Frame], float]:
    """The time of a film's frame in seconds, whatever the speed at which it is read.

    rate: the film's frames per second.
    """
    return lambda frame: frame.index / rate
