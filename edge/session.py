"""A run of ``edge-run`` from its start to its end; model, source and outputs may be exchanged."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import click

from edge.errors import LocalizerError
from edge.feed import Feed, what_feeds
from edge.liveness import Liveness
from edge.localizer import Stages
from edge.loop import run
from edge.notify import Manager
from edge.observation import Frame
from edge.outputs import STDOUT, film_time
from edge.reloading import Changes, Reloading
from edge.request import Request
from edge.served_model import ServedModel, asked, serve, stamped
from edge.sinks import Sink, console
from edge.sinks.aside import Hurry
from edge.sinks.opened import Opened, Plan, Run
from edge.sinks.watchdog import Watchdog
from edge.sources.inputs import Input
from edge.sources.reopening import Health
from edge.stopping import Stopping
from edge.tracking import Track, Tracked


@dataclass(frozen=True, slots=True)
class _Next:
    """What a reload has made ready."""

    request: Request
    model: ServedModel
    feed: Feed
    plan: Plan


class Session:
    """Runs a request until its source ends or a signal comes."""

    def __init__(
        self,
        request: Request,
        stopping: Stopping,
        again: Callable[[], Request],
        manager: Manager | None = None,
        more: Sequence[Sink] = (),
        hear: Callable[[str], None] = lambda _: None,
    ) -> None:
        """again: the request at a reload; may raise LocalizerError. manager: hears how it goes.

        more: sinks besides those that were asked for. hear: gets each sentence that is told.
        """
        self._request, self._stopping, self._manager = request, stopping, manager
        self._again, self._more, self._hear = again, more, hear
        self._tally = console.Tally()
        self._status: console.Status | None = None
        self._watchdog: Watchdog | None = None
        self._track: tuple[ServedModel, Feed, Track] | None = None
        self._next: _Next | None = None
        self._taken = threading.Event()
        self._handing = threading.Lock()
        self._refused = False
        self._ended = False

    def run(self) -> str:
        """Answer all frames; gives a sentence on how many there were."""
        with ExitStack() as stack:
            self._model = serve(self._request, self._say)
            stack.callback(self._close_model)
            self._keep(self._wanted_threshold(self._request, self._model))
            self._look_closer(self._request.closer)
            self._feed = Feed(self._request, self._model, self._say)
            self._say(f"source: {self._feed.input.name}")
            self._liveness = Liveness(self.health, self._request.source.fps)
            self._opened = stack.enter_context(Opened(self._told()))
            self._opened.take(self._opened.planned(self._request.outputs))
            self._show_status(stack)
            stack.callback(self._close_feed)
            self._feed.open()
            self._watch(stack)
            while True:
                frames = self._stopping.until_stopped(self._frames())
                run(frames, Stages(self._model.localizer), self._sinks(), late=self._input.live)
                if self._next is None or self._stopping.stopped:
                    break
                self._take(self._next)
        return str(self._tally)

    @property
    def _input(self) -> Input:
        return self._feed.input

    def health(self) -> Health | None:
        """How a camera is; None of a file."""
        return self._input.health()

    def _close_model(self) -> None:
        self._model.close()

    def _close_feed(self) -> None:
        self._feed.close()

    def _told(self) -> Run:
        return Run(
            self._input.live,
            lambda: self._input.rate(),  # noqa: PLW0108 - of the input that serves then
            self._say,
            Hurry(lambda: self._stopping.stopped),
            self._liveness.verdict,
            lambda: self._input.state(),  # noqa: PLW0108
            lambda: self._model.localizer.threshold,
            self._keep,
        )

    def _keep(self, threshold: float) -> None:
        """Withhold boxes under this presence until the end of the run, or until another model."""
        self._model.localizer.threshold = threshold
        if self._track is not None:
            self._track[2].threshold = threshold

    def _look_closer(self, wanted: bool) -> None:
        if self._model.localizer.closer != wanted:
            self._model.localizer.closer = wanted
            self._say(f"closer: what is found is looked at {'twice' if wanted else 'once'}")

    @staticmethod
    def _wanted_threshold(request: Request, model: ServedModel) -> float:
        own = model.localizer.card.presence_threshold
        return own if request.threshold is None else request.threshold

    def _say(self, sentence: str) -> None:
        self._hear(sentence)
        if self._status is None:
            click.echo(sentence, err=True)
        else:
            self._status.say(sentence)

    def _show_status(self, stack: ExitStack) -> None:
        lines_here = self._request.outputs.json_target == STDOUT and sys.stdout.isatty()
        if self._input.live and sys.stderr.isatty() and not lines_here:
            self._status = console.Status(sys.stderr, self._tally)
            stack.callback(self._status.clear)

    def _watch(self, stack: ExitStack) -> None:
        """From now on reload where that is asked for, and tell systemd how the run is."""
        changes = Changes(self._model.stamp)

        def changed() -> bool:
            stamp = stamped(self._model.files)
            new = changes(None if None in stamp else stamp)
            # What is served already was loaded by another reload, or has come back.
            return new and (stamp != self._model.stamp or self._refused)

        reloading = stack.enter_context(Reloading(self.reload, changed))
        stack.callback(self._end)
        self._stopping.on_reload = reloading.ask
        if self._manager is not None:
            watchdog = Watchdog(
                self._manager,
                self._liveness.verdict,
                lambda: self._opened.pace.fps,
                lambda: health.cause if (health := self.health()) else "",
                self._say,
            )
            self._watchdog = stack.enter_context(watchdog)

    def _end(self) -> None:
        """No reload waits any more, and what one has made ready is given up."""
        with self._handing:
            self._ended = True
            ready, self._next = self._next, None
            self._taken.set()
        if ready is not None:
            self._give_up(ready)

    def _give_up(self, ready: _Next) -> None:
        """Close what was opened for ``ready``, and nothing that serves."""
        self._opened.drop(ready.plan)
        if ready.feed is not self._feed:
            ready.feed.close()
        if ready.model is not self._model:
            ready.model.close()

    def _frames(self) -> Iterator[Frame]:
        """The frames until something has been made ready to take the place of what serves."""
        most = self._request.max_frames
        taken = self._tally.frames
        for frame in self._feed.frames():
            yield frame
            taken += 1
            if self._next is not None or taken == most:
                return

    def _sinks(self) -> list[Sink]:
        outputs, pictures = self._request.outputs, self._request.images is not None
        sinks: list[Sink] = [self._liveness, self._tally, *self._opened, *self._more]
        if self._watchdog is not None:
            sinks.append(self._watchdog)
        if self._status is not None:
            sinks.append(self._status)
        if outputs.record is None and outputs.json_target is None:
            if pictures:
                sinks.append(console.EachFrame(self._say, self._input.frame_name))
            else:
                pause = 1.0 if self._input.live else 0.0
                sinks.append(console.Changes(self._say, self._input.frame_name, pause))
        return [Tracked(self._tracked(), sinks)] if self._request.follows() else sinks

    def _tracked(self) -> Track:
        """The track of this model in this source; another outputs' change does not lose it."""
        model, feed = self._model, self._feed
        if self._track is None or self._track[:2] != (model, feed):
            threshold = model.localizer.threshold
            live = self._input.live
            track = (
                Track(threshold) if live else Track(threshold, film_time(self._input.film_rate()))
            )
            self._track = model, feed, track
        return self._track[2]

    def reload(self) -> None:
        """Make ready what is asked for now, and let it take over; what cannot be had is refused.

        Called in a thread of its own: the frames are answered meanwhile.
        """
        with self._handing:
            if self._ended:
                return
            self._taken.clear()
        if self._watchdog is not None:
            self._watchdog.reloading()
        why = ""
        try:
            self._offer(self._ready(self._again()))
            self._taken.wait()
        except click.UsageError as error:
            why = error.format_message()
        except LocalizerError as error:
            why = str(error)
        except Exception as error:  # a fault of ours must not end a service that works
            why = f"{type(error).__name__}: {error}"
        self._refused = bool(why)
        note = f"reload refused: {why}" if why else ""
        if not self._ended:
            served = "reloaded: what was asked for is in service"
            self._say(f"{note}; what ran before goes on" if why else served)
        if self._watchdog is not None:
            self._watchdog.reloaded(note)

    def _ready(self, request: Request) -> _Next:
        """All that ``request`` needs; raises LocalizerError, and leaves nothing behind then."""
        with ExitStack() as in_vain:
            model = self._model
            if asked(request) != model.asked or stamped(model.files) != model.stamp:
                model = serve(request, self._say, model.threads)
                in_vain.callback(model.close)
            feed = self._feed
            if what_feeds(request, model) != feed.asked:
                feed = Feed(request, model, self._say, patient=True)
                if feed.input.live != self._input.live:
                    raise LocalizerError(
                        "a camera cannot take the place of a file while it runs, nor a file that "
                        "of a camera; start edge-run again"
                    )
            plan = self._opened.planned(request.outputs)
            in_vain.pop_all()
        return _Next(request, model, feed, plan)

    def _offer(self, ready: _Next) -> None:
        """Let ``ready`` take over at the next frame; after the last one it is given up."""
        # At once: the next frame may hand over before the pause comes, and a pause that comes
        # after the resume would end the run.
        with self._handing:
            late = self._ended
            if not late:
                self._next = ready
                self._feed.pause()
        if late:
            self._give_up(ready)

    def _take(self, ready: _Next) -> None:
        """Let what is ready take over, in the main thread and between two frames."""
        with self._handing:
            self._next = None
        before, self._model = self._model, ready.model
        if before is not ready.model:
            before.close()
        if before is not ready.model or ready.request.threshold != self._request.threshold:
            self._keep(self._wanted_threshold(ready.request, ready.model))
        self._look_closer(ready.request.closer)
        if ready.feed is self._feed:
            self._feed.resume()
        else:
            self._feed.close()
            self._feed = ready.feed
            self._feed.open()
            self._say(f"source: {self._input.name}")
        self._opened.take(ready.plan)
        self._request = ready.request
        self._liveness.pace(ready.request.source.fps)
        self._taken.set()
