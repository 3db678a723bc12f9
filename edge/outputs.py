"""What ``edge-run`` can do with its answers: the options, and the sinks that they ask for."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:  # OpenCV and numpy would hold up --help
    from collections.abc import Callable

    from edge.observation import Frame
    from edge.sinks import Sink
    from edge.sinks.aside import Hurry

_FILE = click.Path(path_type=Path)
STDOUT = "-"
"""The value of --json that is no file."""

Command = TypeVar("Command", bound="Callable[..., Any]")


@dataclass(frozen=True, slots=True)
class Outputs:
    """The options as they were given; each field is named as its option."""

    record: Path | None = None
    record_minutes: float | None = None
    record_megabytes: float | None = None
    json_target: str | None = None
    smoothing: str | None = None
    window: bool = False
    snapshots: Path | None = None
    snapshots_keep: int = 500
    snapshots_megabytes: float = 200.0
    mqtt: str | None = None
    mqtt_password_file: Path | None = None
    metrics: str | None = None

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
        return follows


_ABOVE_ZERO = click.FloatRange(min=0, min_open=True)
_OPTIONS = [
    click.option("--window", is_flag=True, help="Show the picture with the boxes on the desktop."),
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
        type=click.IntRange(min=1),
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


@dataclass(frozen=True, slots=True)
class Run:
    """What the sinks need to know of a run."""

    live: bool
    rate: Callable[[], float]
    """Frames per second of a recording."""
    say: Callable[[str], None]
    hurry: Hurry
    source_state: Callable[[], str | None] = lambda: None
    """What the source is doing, in a word, where it can tell."""


def opened(outputs: Outputs, run: Run, stack: ExitStack) -> list[Sink]:
    """The sinks that were asked for, in the order in which they are written; ``stack`` ends them.

    Raises LocalizerError where one of them cannot be had.
    """
    from edge.board import Board
    from edge.sinks.aside import Aside
    from edge.sinks.overlay import Overlay, Pace

    pace, asides = Pace(), list[Aside]()
    sinks: list[Sink] = [pace]
    board = Board()
    overlay = Overlay(lambda: pace.fps, lambda: board.health)

    def beside(sink: Sink, name: str, **options: Any) -> None:
        options.setdefault("live", run.live)
        aside = Aside(sink, name, say=run.say, hurry=run.hurry, **options)
        asides.append(stack.enter_context(aside))
        sinks.append(aside)

    if any([outputs.window, outputs.record, outputs.snapshots, outputs.metrics]):
        stack.enter_context(board)
    if outputs.record is not None:
        from edge.sinks.record import Limit, Recording

        limit = Limit(outputs.record_minutes, outputs.record_megabytes)
        recording = Recording(
            outputs.record, run.rate(), run.live, draw=overlay, limit=limit, say=run.say
        )
        beside(recording, "record", close=recording.close)
    if outputs.json_target is not None:
        from edge.sinks.jsonlines import JsonLines, NewFile, unbuffered

        target = outputs.json_target
        lines = nullcontext(unbuffered(sys.stdout)) if target == STDOUT else NewFile(Path(target))
        beside(JsonLines(stack.enter_context(lines)), "json")
    if outputs.snapshots is not None:
        from edge.sinks.snapshots import Snapshots

        snapshots = Snapshots(
            outputs.snapshots,
            overlay,
            outputs.snapshots_keep,
            outputs.snapshots_megabytes,
            run.say,
        )
        beside(snapshots, "snapshots", wanted=lambda seen: seen.event is not None)
    if outputs.mqtt is not None:
        from edge.sinks.mqtt import Broker, Mqtt, read_password

        broker = Broker.parsed(outputs.mqtt)
        mqtt = Mqtt(broker, read_password(outputs.mqtt_password_file), run.say)
        beside(mqtt, "mqtt", wanted=mqtt.due, close=mqtt.close, live=True, patience=1.0)
    if outputs.metrics is not None:
        from edge.sinks.metrics import Address, Metrics, Server

        metrics = Metrics(
            lambda: pace.fps,
            lambda: board.health,
            lambda: {aside.name: aside.dropped for aside in asides},
            run.source_state,
        )
        server = stack.enter_context(Server(Address.parsed(outputs.metrics), metrics))
        run.say(f"metrics: http://{server.address}/metrics")
        sinks.append(metrics)
    if outputs.window:
        from edge.sinks.window import Window

        # To the process, not to this thread, so that it interrupts the wait for a frame.
        window = Window(overlay, stop=lambda: os.kill(os.getpid(), signal.SIGINT))
        shown = {"live": True, "room": 1, "patience": 1.0, "tell_drops": False}
        beside(window, "window", close=window.close, **shown)
    return sinks


def film_time(rate: float) -> Callable[[Frame], float]:
    """The time of a film's frame in seconds, whatever the speed at which it is read.

    rate: the film's frames per second.
    """
    return lambda frame: frame.index / rate
