"""Figures for Prometheus, and a health check, on a port of this machine."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from edge.address import Address
from edge.board import THROTTLED_BITS, Health
from edge.liveness import Verdict
from edge.observation import Observation

_CLIENT_S = 5.0  # seconds that a client may take over its request or over reading the answer
_CLIENTS = 8  # at once; the next are turned away, so that slow ones cannot pile up


class Metrics:
    """Counts what passes; as text it is what Prometheus reads. Writing never waits."""

    def __init__(
        self,
        fps: Callable[[], float],
        verdict: Callable[[], Verdict],
        health: Callable[[], Health] = Health,
        dropped: Callable[[], Mapping[str, int]] = dict,
        source: Callable[[], str | None] = lambda: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """fps: frames per second. verdict: whether the run is well. dropped: by sink.

        source: its state in a word, if it tells it. now: seconds on the monotonic clock.
        """
        self._fps = fps
        self._verdict = verdict
        self._health = health
        self._dropped = dropped
        self._source = source
        self._now = now
        self._lock = threading.Lock()
        self._last: Observation | None = None
        self._frames = self._found = 0
        self._age_s = 0.0
        self._events: Counter[str] = Counter(appeared=0, moved=0, left=0)
        self._stages_s: defaultdict[str, float] = defaultdict(float)

    def write(self, observation: Observation) -> None:
        with self._lock:
            self._last = observation
            self._frames += 1
            self._found += observation.answer.found is not None
            self._age_s += observation.age_ms / 1000.0
            if observation.event is not None:
                self._events[observation.event] += 1
            for stage, ms in observation.answer.ms.items():
                self._stages_s[stage] += ms / 1000.0

    def healthy(self) -> tuple[bool, str]:
        """Whether the run is well, and a sentence about it."""
        verdict = self._verdict()
        return verdict.well, verdict.sentence

    def __str__(self) -> str:
        """The figures in Prometheus' text format."""
        return "".join(self._lines())

    def _lines(self) -> Iterator[str]:
        with self._lock:  # for the copies only, as the loop waits for it
            last, events, stages_s = self._last, dict(self._events), dict(self._stages_s)
        health = self._health()
        yield from _metric("frames_total", "counter", "Frames answered.", {"": self._frames})
        yield from _metric("found_total", "counter", "Frames with a box.", {"": self._found})
        yield from _metric("events_total", "counter", "Events of the object.", _by("event", events))
        yield from _metric("fps", "gauge", "Frames per second, of late.", {"": self._fps()})
        yield from _metric(
            "age_seconds_total", "counter", "Sum of the frames' ages.", {"": self._age_s}
        )
        yield from _metric(
            "stage_seconds_total", "counter", "Time spent in each stage.",
            _by("stage", stages_s),
        )  # fmt: skip
        dropped = _by("sink", self._dropped())
        yield from _metric("dropped_total", "counter", "Frames that a sink dropped.", dropped)
        if last is not None:
            ages = {"": last.age_ms / 1000.0}
            yield from _metric("age_seconds", "gauge", "Age of the last frame's answer.", ages)
            waited = {"": self._now() - last.answered_at}
            yield from _metric("idle_seconds", "gauge", "Time since the last answer.", waited)
            ms = _by("stage", {name: ms / 1000.0 for name, ms in last.answer.ms.items()})
            yield from _metric("stage_seconds", "gauge", "Stages of the last frame.", ms)
            presence = {"": last.answer.presence}
            yield from _metric("presence", "gauge", "How sure the model is, 0 to 1.", presence)
        up = {"": float(self.healthy()[0])}
        yield from _metric("up", "gauge", "1 while the run is well.", up)
        if (state := self._source()) is not None:
            states = {f'{{state="{_escaped(state)}"}}': 1.0}
            yield from _metric("source_state", "gauge", "What the source is doing.", states)
        if health.celsius is not None:
            celsius = {"": health.celsius}
            yield from _metric("temperature_celsius", "gauge", "Of the processor.", celsius)
        if health.throttled is not None:
            bits = {name: health.throttled >> bit & 1 for bit, name in THROTTLED_BITS.items()}
            yield from _metric("throttled", "gauge", "The firmware's bits.", _by("reason", bits))


def _by(label: str, values: Mapping[str, float]) -> dict[str, float]:
    return {f'{{{label}="{_escaped(name)}"}}': value for name, value in values.items()}


def _metric(name: str, kind: str, text: str, values: Mapping[str, float]) -> Iterator[str]:
    if values:
        yield f"# HELP edge_{name} {text}\n# TYPE edge_{name} {kind}\n"
    for labels, value in values.items():
        yield f"edge_{name}{labels} {value:.9g}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


class Server:
    """Answers /metrics and /healthz in threads of their own, for as long as it is entered."""

    def __init__(self, address: Address, metrics: Metrics) -> None:
        """Listen at once; raises LocalizerError where the port is in use or forbidden.

        Port 0 takes a free one, which ``address`` then names.
        """
        handler = type("Handler", (_Handler,), {"metrics": metrics})
        try:
            self._server = _Limited((address.host, address.port), handler)
        except (OSError, UnicodeError) as error:
            raise address.refused("--metrics", error) from error
        self.address = Address(address.host, self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="metrics", daemon=True
        )

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Limited(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a slow client must not hold the end of the run

    def __init__(self, address: tuple[str, int], handler: Any) -> None:
        self._free = threading.BoundedSemaphore(_CLIENTS)
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, handler)

    def server_bind(self) -> None:
        # Not HTTPServer's, which would ask the network for this machine's name.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        # The socket's own timeout begins anew with each byte.
        end = threading.Timer(_CLIENT_S, _hang_up, (request,))
        end.daemon = True
        end.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            end.cancel()
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is no news."""


def _hang_up(client: socket.socket) -> None:
    with suppress(OSError):  # it has gone by itself
        client.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    metrics: Metrics
    timeout = _CLIENT_S

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(200, str(self.metrics), "text/plain; version=0.0.4; charset=utf-8")
        elif path == "/healthz":
            good, sentence = self.metrics.healthy()
            self._answer(200 if good else 503, f"{'ok' if good else 'stalled'}: {sentence}\n")
        else:
            self._answer(404, "here are /metrics and /healthz\n")

    def _answer(self, status: int, text: str, kind: str = "text/plain; charset=utf-8") -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Requests are not logged: one comes every few seconds for ever."""
