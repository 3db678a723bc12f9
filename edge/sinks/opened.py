"""The sinks that were asked for; they can be exchanged while the run goes on."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

from edge.board import Board
from edge.errors import LocalizerError
from edge.liveness import Verdict
from edge.outputs import STDOUT, Outputs
from edge.sinks import Sink
from edge.sinks.aside import Aside, Hurry
from edge.sinks.overlay import Overlay, Pace


@dataclass(frozen=True, slots=True)
class Run:
    """What the sinks need to know of a run."""

    live: bool
    rate: Callable[[], float]
    """Frames per second of a recording."""
    say: Callable[[str], None]
    hurry: Hurry
    verdict: Callable[[], Verdict]
    source_state: Callable[[], str | None] = lambda: None
    """What the source is doing, in a word, where it can tell."""
    threshold: Callable[[], float] = lambda: 0.5
    """The presence, 0 to 1, under which a box is withheld now."""
    keep: Callable[[float], None] = lambda _: None
    """Changes that, in any thread."""


@dataclass(slots=True)
class _One:
    """One open output."""

    options: tuple[Any, ...]
    """What it was opened with: with the same it stays open."""
    sink: Sink
    stack: ExitStack
    """What ends it."""


Plan: TypeAlias = Mapping[str, _One]
"""Open outputs by their names, of which some may be in service already."""


@dataclass
class Opened:
    """The open outputs of a run; leaving it closes them all."""

    run: Run
    pace: Pace = field(default_factory=Pace)
    """How many frames a second there are; the first of the sinks."""

    def __post_init__(self) -> None:
        self._board = Board()
        self._watched = ExitStack()
        self._open: dict[str, _One] = {}
        self._overlay = Overlay(lambda: self.pace.fps, lambda: self._board.health)

    def __enter__(self) -> Opened:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for one in self._open.values():
            self._watched.push(one.stack)
        self._watched.__exit__(kind, error, trace)

    def __iter__(self) -> Iterator[Sink]:
        """The sinks, in the order in which they are written."""
        yield self.pace
        yield from (one.sink for one in self._open.values())

    def planned(self, outputs: Outputs) -> Plan:
        """What ``outputs`` ask for: opened now, or left as it is where its options are the same.

        Raises LocalizerError where one cannot be had; nothing has changed then.
        """
        plan: dict[str, _One] = {}
        with ExitStack() as fresh:  # closes again what was opened in vain
            for name, opener in _OPENERS.items():
                options = _options(outputs, name)
                if getattr(outputs, name) in (None, False):
                    continue
                one = self._open.get(name)
                if one is None or one.options != options:
                    _refuse_own_port(name, options, one)
                    with ExitStack() as stack:
                        sink = opener(self, outputs, stack)
                        one = _One(options, sink, stack.pop_all())
                    fresh.push(one.stack)
                plan[name] = one
            fresh.pop_all()
        return plan

    def take(self, plan: Plan) -> None:
        """Write to what was planned from now on, and close what is not in the plan."""
        before, self._open = self._open, dict(plan)
        for name, one in before.items():
            if plan.get(name) is not one:
                try:
                    one.stack.close()
                except LocalizerError as error:  # it failed before, or in its last step
                    self.run.say(str(error))

    def drop(self, plan: Plan) -> None:
        """Close what was opened for a plan that is not taken."""
        with ExitStack() as stack:
            for name, one in plan.items():
                if self._open.get(name) is not one:
                    stack.push(one.stack)

    def _beside(self, sink: Sink, name: str, stack: ExitStack, **options: Any) -> Sink:
        options.setdefault("live", self.run.live)
        aside = Aside(sink, name, say=self.run.say, hurry=self.run.hurry, **options)
        return stack.enter_context(aside)

    def _dropped(self) -> dict[str, int]:
        sinks = [one.sink for one in self._open.values()]
        return {sink.name: sink.dropped for sink in sinks if isinstance(sink, Aside)}

    def _watch_board(self) -> None:
        if not self._board.watching:
            self._watched.enter_context(self._board)

    def _record(self, outputs: Outputs, stack: ExitStack) -> Sink:
        from edge.sinks.record import Limit, Recording

        assert outputs.record is not None
        run = self.run
        self._watch_board()
        recording = Recording(
            outputs.record,
            run.rate(),
            run.live,
            draw=self._overlay,
            limit=Limit(outputs.record_minutes, outputs.record_megabytes),
            say=run.say,
        )
        return self._beside(recording, "record", stack, close=recording.close)

    def _json(self, outputs: Outputs, stack: ExitStack) -> Sink:
        from edge.sinks.jsonlines import JsonLines, NewFile, unbuffered

        target = outputs.json_target
        assert target is not None
        lines = nullcontext(unbuffered(sys.stdout)) if target == STDOUT else NewFile(Path(target))
        return self._beside(JsonLines(stack.enter_context(lines)), "json", stack)

    def _snapshots(self, outputs: Outputs, stack: ExitStack) -> Sink:
        from edge.sinks.snapshots import Snapshots

        assert outputs.snapshots is not None
        self._watch_board()
        snapshots = Snapshots(
            outputs.snapshots,
            self._overlay,
            outputs.snapshots_keep,
            outputs.snapshots_megabytes,
            self.run.say,
        )
        return self._beside(
            snapshots, "snapshots", stack, wanted=lambda seen: seen.event is not None
        )

    def _collect(self, outputs: Outputs, stack: ExitStack) -> Sink:
        from edge.sinks.collect import Collected, Limits

        assert outputs.collect is not None
        limits = Limits(outputs.collect_keep, outputs.collect_megabytes, outputs.collect_seconds)
        collected = Collected(outputs.collect, limits, self.run.live, self.run.say, self.run.rate)
        return self._beside(collected, "collect", stack, wanted=collected.due, room=2)

    def _mqtt(self, outputs: Outputs, stack: ExitStack) -> Sink:
        from edge.sinks.mqtt import Broker, Mqtt, read_password

        assert outputs.mqtt is not None
        broker = Broker.parsed(outputs.mqtt)
        mqtt = Mqtt(broker, read_password(outputs.mqtt_password_file), self.run.say)
        return self._beside(
            mqtt, "mqtt", stack, wanted=mqtt.due, close=mqtt.close, live=True, patience=1.0
        )

    def _metrics(self, outputs: Outputs, stack: ExitStack) -> Sink:
        from edge.address import Address
        from edge.sinks.metrics import Metrics, Server

        assert outputs.metrics is not None
        self._watch_board()
        metrics = Metrics(
            lambda: self.pace.fps,
            self.run.verdict,
            lambda: self._board.health,
            self._dropped,
            self.run.source_state,
        )
        server = stack.enter_context(Server(Address.parsed(outputs.metrics), metrics))
        self.run.say(f"metrics: http://{server.address}/metrics")
        return metrics

    def _web(self, outputs: Outputs, stack: ExitStack) -> Sink:
        from edge.address import Address
        from edge.web.live import Facts

        assert outputs.web is not None
        address = Address.parsed(outputs.web, "--web", 8080)
        from edge.web.server import opened_page  # what it needs may not be installed

        self._watch_board()
        facts = Facts(
            lambda: self.pace.fps,
            lambda: self._board.health,
            self.run.verdict,
            self.run.threshold,
            self.run.keep,
        )
        page = stack.enter_context(opened_page(address, outputs.web_password_file, facts))
        self.run.say(f"web: {page.url}")
        shown = {"live": True, "room": 1, "patience": 1.0, "tell_drops": False}
        return self._beside(page.live, "web", stack, wanted=page.live.wanted, **shown)

    def _window(self, outputs: Outputs, stack: ExitStack) -> Sink:
        from edge.sinks.window import Window

        self._watch_board()
        # To the process, not to this thread, so that it interrupts the wait for a frame.
        window = Window(self._overlay, stop=lambda: os.kill(os.getpid(), signal.SIGINT))
        shown = {"live": True, "room": 1, "patience": 1.0, "tell_drops": False}
        return self._beside(window, "window", stack, close=window.close, **shown)


_OPENERS: dict[str, Callable[[Opened, Outputs, ExitStack], Sink]] = {
    "record": Opened._record,
    "json_target": Opened._json,
    "snapshots": Opened._snapshots,
    "collect": Opened._collect,
    "mqtt": Opened._mqtt,
    "metrics": Opened._metrics,
    "web": Opened._web,
    "window": Opened._window,
}
"""What opens an output, by the name of its option, in the order in which they are written."""


def _refuse_own_port(name: str, options: tuple[Any, ...], one: _One | None) -> None:
    """The old server answers until the new one does, so both cannot have one port."""
    if one is None or name not in ("metrics", "web"):
        return
    from edge.address import Address

    before, after = (Address.parsed(values[0], f"--{name}") for values in (one.options, options))
    if before.port == after.port != 0:
        raise LocalizerError(
            f"--{name} cannot be changed at the port that it has, while it runs: from {before} to "
            f"{after}; give another port, or start edge-run again"
        )


def _options(outputs: Outputs, name: str) -> tuple[Any, ...]:
    """The values of an output's own options: ``name`` and those that begin with it."""
    names = [other for other in outputs.__slots__ if other == name or other.startswith(f"{name}_")]
    return tuple(getattr(outputs, other) for other in names)
