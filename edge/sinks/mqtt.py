"""Observations for an MQTT broker and, by its discovery, for Home Assistant."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from edge.errors import LocalizerError
from edge.observation import Observation
from edge.sinks.jsonlines import line

PASSWORD = "EDGE_MQTT_PASSWORD"  # noqa: S105 - its name, not itself
_EXAMPLE = "mqtt://[user@]HOST[:PORT]/TOPIC"
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_LONGEST = 4096  # characters of a password, and of a topic
_GOODBYE_S = 0.3  # seconds that the last message may take


@dataclass(frozen=True, slots=True)
class Broker:
    """Where to publish."""

    host: str
    port: int
    topic: str
    """What all topics begin with, without a slash at its end."""
    user: str | None = None
    tls: bool = False

    @classmethod
    def parsed(cls, url: str) -> Broker:
        """The broker of ``mqtt://[user@]HOST[:PORT]/TOPIC``, or of mqtts for TLS."""
        try:
            parts = urlsplit(url)
            port, password = parts.port, parts.password
        except ValueError:
            parts, port, password = urlsplit(""), 0, None
        if password is not None:  # which every user of the machine could read; not repeated here
            raise LocalizerError(
                "--mqtt takes no password, as a command line can be read by others; put it into "
                f"${PASSWORD} or a file for --mqtt-password-file"
            )
        topic = unquote(parts.path).strip("/")
        try:
            named = bool((parts.hostname or "").encode("idna"))
        except UnicodeError:  # an empty or an endless part, for which paho's thread would die
            named = False
        good = topic.isprintable() and 0 < len(topic) <= _LONGEST and not set("+#") & set(topic)
        # what follows ? or #, and a line break, would be left out without a word
        good = good and url.isprintable() and not set("?#") & set(url)
        if parts.scheme not in _PORTS or not named or not good or port == 0:
            shown = url if len(url) <= 200 else f"{url[:197]}..."
            raise LocalizerError(f"--mqtt takes {_EXAMPLE}, or mqtts for TLS. Received: {shown}")
        return cls(
            host=str(parts.hostname),
            port=port or _PORTS[parts.scheme],
            topic=topic,
            user=None if parts.username is None else unquote(parts.username),
            tls=parts.scheme == "mqtts",
        )

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def read_password(file: Path | None, environment: Mapping[str, str] = os.environ) -> str | None:
    """The password in the first line of ``file``, else in $EDGE_MQTT_PASSWORD, else None."""
    if file is None:
        return environment.get(PASSWORD)
    try:
        with file.open(encoding="utf-8") as lines:
            first = lines.readline(_LONGEST + 1)  # a file without an end has no line's end either
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise LocalizerError(
            f"--mqtt-password-file {file} cannot be read: {reason}; give a text file"
        ) from error
    if len(first) > _LONGEST:
        raise LocalizerError(
            f"--mqtt-password-file {file} has over {_LONGEST} characters in its first line, which "
            "is no password; give a text file with the password alone"
        )
    return first.removesuffix("\n")


def load_paho() -> Any:
    """The module ``paho.mqtt.client``; raises LocalizerError where it is missing or too old."""
    try:
        module = importlib.import_module("paho.mqtt.client")
        module.CallbackAPIVersion  # noqa: B018 - since 2.0
    except (ImportError, AttributeError) as error:
        raise LocalizerError(
            f"--mqtt needs paho-mqtt 2 ({error}); pip install 'edge-localizer[mqtt]'"
        ) from error
    return module


class Mqtt:
    """Publishes to a broker that may be absent: it never waits for it, and tells it once.

    TOPIC/state: the JSON line of a frame, at each event and else once a second, retained.
    TOPIC/event: the JSON line of a frame with an event, also later if the broker was away.
    TOPIC/availability: online, or offline, which the broker says itself if this program dies.
    """

    def __init__(
        self,
        broker: Broker,
        password: str | None = None,
        say: Callable[[str], None] = lambda _: None,
        *,
        every: float = 1.0,
        retry: tuple[float, float] = (1.0, 30.0),
        paho: Any = None,
        clocks: Callable[[], tuple[float, float]] = lambda: (time.time(), time.monotonic()),
    ) -> None:
        """every: seconds between two states.

        retry: seconds before the first and at most before each further try to connect.
        paho: the module ``paho.mqtt.client``; None imports it.
        clocks: seconds since the epoch and on the monotonic clock, at once.
        """
        paho = paho or load_paho()
        self._broker = broker
        self._say = say
        self._every = every
        self._clocks = clocks
        self._due_at = float("-inf")
        self._state: str | None = None
        self._told = False
        self._closing = False
        self._connected = threading.Event()
        client = self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        client.max_queued_messages_set(100)  # events of a broker that is away
        client.reconnect_delay_set(*retry)
        client.will_set(self._topic("availability"), "offline", qos=1, retain=True)
        if broker.user is not None:
            client.username_pw_set(broker.user, password)
        if broker.tls:
            client.tls_set()
        client.on_connect = self._on_connect
        client.on_connect_fail = lambda *_: self._tell("no broker answers at")
        client.on_disconnect = self._on_disconnect
        client.connect_async(broker.host, broker.port, keepalive=30)
        client.loop_start()  # paho's own thread, a daemon, connects and reconnects

    def due(self, observation: Observation) -> bool:
        """Whether this observation is worth a message."""
        if observation.event is None and observation.answered_at < self._due_at:
            return False
        self._due_at = observation.answered_at + self._every
        return True

    def write(self, observation: Observation) -> None:
        wall, monotonic = self._clocks()
        text = self._state = line(observation, wall - monotonic)
        self._client.publish(self._topic("state"), text, retain=True)
        if observation.event is not None:
            self._client.publish(self._topic("event"), text, qos=1)

    def close(self) -> None:
        """Say goodbye, and wait a moment, so that the broker need not find out by itself."""
        self._closing = True
        if self._connected.is_set():
            last = self._client.publish(self._topic("availability"), "offline", 1, retain=True)
            with contextlib.suppress(RuntimeError, ValueError):  # the connection is just being lost
                last.wait_for_publish(_GOODBYE_S)
            self._client.disconnect()
            self._client.loop_stop()
        # Else its thread may be waiting for a host that does not answer: it ends with the program.

    def _topic(self, name: str) -> str:
        return f"{self._broker.topic}/{name}"

    def _on_connect(self, client: Any, data: Any, flags: Any, code: Any, more: Any) -> None:
        if code.is_failure:
            self._tell(f"the user or the password is refused ({code}) by")
            return
        self._connected.set()
        if self._told:
            self._say(f"mqtt: connected to {self._broker}")
            self._told = False
        client.publish(self._topic("availability"), "online", qos=1, retain=True)
        for topic, config in discovery(self._broker.topic).items():
            client.publish(topic, json.dumps(config), qos=1, retain=True)
        if self._state is not None:
            client.publish(self._topic("state"), self._state, retain=True)

    def _on_disconnect(self, client: Any, data: Any, flags: Any, code: Any, more: Any) -> None:
        self._connected.clear()
        self._tell("the connection is lost to")

    def _tell(self, what: str) -> None:
        if not self._told and not self._closing:
            self._told = True
            self._say(f"mqtt: {what} {self._broker}; edge-run goes on and keeps trying")


def discovery(topic: str) -> dict[str, dict[str, Any]]:
    """What Home Assistant is told: its topics, and the configuration that belongs to each."""
    identity = re.sub(r"[^a-zA-Z0-9]+", "_", topic)
    entities: dict[tuple[str, str], dict[str, Any]] = {
        ("binary_sensor", "object"): {
            "device_class": "occupancy",
            "value_template": "{{ 'ON' if value_json.box else 'OFF' }}",
        },
        ("sensor", "label"): {"value_template": "{{ value_json.label or 'nothing' }}"},
        ("sensor", "presence"): {
            "unit_of_measurement": "%",
            "value_template": "{{ (value_json.presence or 0) * 100 }}",
            "suggested_display_precision": 0,
        },
        ("sensor", "age"): {
            "unit_of_measurement": "ms",
            "entity_category": "diagnostic",
            "value_template": "{{ value_json.age_ms }}",
        },
        ("event", "event"): {
            "state_topic": f"{topic}/event",
            "event_types": ["appeared", "moved", "left"],
            "value_template": '{"event_type": "{{ value_json.event }}"}',
        },
    }
    common = {
        "state_topic": f"{topic}/state",
        "availability_topic": f"{topic}/availability",
        "device": {"identifiers": [identity], "name": topic, "model": "edge-localizer"},
    }
    return {
        f"homeassistant/{kind}/{identity}/{name}/config": common
        | {"name": name.capitalize(), "unique_id": f"{identity}_{name}"}
        | own
        for (kind, name), own in entities.items()
    }
