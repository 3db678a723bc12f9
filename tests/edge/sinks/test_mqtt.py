import json
import queue
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edge.errors import LocalizerError
from edge.sinks.mqtt import Broker, Mqtt, discovery, load_paho, read_password

TOPIC = "home/door"


@pytest.fixture
def mosquitto(tmp_path):
    """A starter of real brokers on a free loopback port; gives the port and the process."""
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if program is None:
        pytest.skip("mosquitto is not installed (apt install mosquitto)")
    running = []

    def start(port=None, password=None):
        port = port or free_port()
        config = tmp_path / "mosquitto.conf"
        lines = [f"listener {port} 127.0.0.1", "persistence false", "user root"]
        if password is None:
            lines.append("allow_anonymous true")
        else:
            (tmp_path / "users").touch(0o600)
            subprocess.run(
                ["mosquitto_passwd", "-b", tmp_path / "users", "eve", password], check=True
            )
            lines.append(f"password_file {tmp_path / 'users'}")
        config.write_text("\n".join(lines) + "\n")
        process = subprocess.Popen([program, "-c", config], stderr=subprocess.PIPE, text=True)
        running.append(process)
        assert any("running" in told for told in process.stderr), "mosquitto did not start"
        return port, process

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.fixture
def heard():
    """A subscriber of everything at a port; gives the queue of (topic, text, retained)."""
    clients = []

    def subscribe(port):
        paho, messages = load_paho(), queue.Queue()
        client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        client.on_message = lambda c, d, m: messages.put((m.topic, m.payload.decode(), m.retain))
        client.on_subscribe = lambda *_: messages.put("subscribed")
        client.connect("127.0.0.1", port)
        client.subscribe("#", qos=1)
        client.loop_start()
        clients.append(client)
        assert messages.get(timeout=30) == "subscribed"
        return messages

    yield subscribe
    for client in clients:
        client.disconnect()
        client.loop_stop()


@pytest.fixture
def sink():
    """A maker of sinks that are closed in the end."""
    made = []

    def publishing(port, user=None, password=None, say=lambda _: None):
        broker = Broker("127.0.0.1", port, TOPIC, user)
        made.append(Mqtt(broker, password, say, retry=(0.02, 0.02)))
        return made[-1]

    yield publishing
    for each in made:
        each.close()


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def until(messages, topic, text=None):
    """The first message of that topic, and text, that comes."""
    while True:
        message = messages.get(timeout=30)
        if message[0] == topic and text in (None, message[1]):
            return message


# What is asked for


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("mqtt://pi.local/home/door", Broker("pi.local", 1883, "home/door")),
        ("mqtt://eve@10.0.0.2:1999/cam/", Broker("10.0.0.2", 1999, "cam", "eve")),
        ("mqtts://e%40ve@[::1]/cam", Broker("::1", 8883, "cam", "e@ve", tls=True)),
    ],
)
def test_a_broker_is_named_by_a_url(url, broker):
    assert Broker.parsed(url) == broker


@pytest.mark.parametrize(
    "url",
    [
        "pi.local",
        "http://pi/cam",
        "mqtt://pi",
        "mqtt://pi:x/cam",
        "mqtt:///cam",
        "mqtt://p/#",
        "mqtt://a..b/cam",
        f"mqtt://{'a' * 70}/cam",
        "mqtt://pi:0/cam",
        "mqtt://pi/cam?qos=1",
        "mqtt://pi/cam#1",
        "mqtt://pi/cam\n",
        "mqtt://pi/c%00m",
        "mqtt://\udcff@pi/cam",
    ],
)
def test_another_url_is_refused_with_the_good_form(url):
    with pytest.raises(LocalizerError, match=r"takes mqtt://\[user@\]HOST\[:PORT\]/TOPIC") as told:
        Broker.parsed(url)
    assert str(told.value).endswith(f"Received: {url}")


def test_a_topic_that_no_broker_takes_is_refused_and_not_repeated_whole():
    with pytest.raises(LocalizerError, match=r"mqtts for TLS\. Received: mqtt://pi/t{187}\.\.\.$"):
        Broker.parsed("mqtt://pi/" + 70_000 * "t")


def test_a_password_file_without_an_end_is_told():
    with pytest.raises(LocalizerError, match="/dev/zero has over 4096 characters in its first li"):
        read_password(Path("/dev/zero"))


def test_a_password_on_the_command_line_is_refused_and_not_repeated():
    with pytest.raises(LocalizerError, match="takes no password, .* .EDGE_MQTT_PASSWORD") as told:
        Broker.parsed("mqtt://eve:secret@pi/cam")
    assert "secret" not in str(told.value)


def test_the_password_comes_from_a_file_or_the_environment(tmp_path):
    (tmp_path / "password").write_text("from file\n")
    environment = {"EDGE_MQTT_PASSWORD": "from environment"}
    assert read_password(tmp_path / "password", environment) == "from file"
    assert read_password(None, environment) == "from environment"
    assert read_password(None, {}) is None
    with pytest.raises(LocalizerError, match="none cannot be read: No such file"):
        read_password(tmp_path / "none")


def test_home_assistant_is_told_each_entity_once():
    configs = discovery("home/front door")
    assert set(configs) == {
        f"homeassistant/{kind}/home_front_door/{name}/config"
        for kind, name in [
            ("binary_sensor", "object"),
            ("sensor", "label"),
            ("sensor", "presence"),
            ("sensor", "age"),
            ("event", "event"),
        ]
    }
    assert len({config["unique_id"] for config in configs.values()}) == 5
    assert all(c["availability_topic"] == "home/front door/availability" for c in configs.values())


def test_once_a_second_and_each_event_are_worth_a_message(seen, sink):
    due = sink(free_port()).due
    told = [seen(n, answered_at=n / 10) for n in range(25)]
    told[13] = replace(told[13], event="moved")
    assert [n for n, observation in enumerate(told) if due(observation)] == [0, 10, 13, 23]


# Against a real broker


def test_states_events_and_discovery_arrive(mosquitto, heard, sink, seen):
    port, _ = mosquitto()
    messages = heard(port)
    publishing = sink(port)
    until(messages, f"{TOPIC}/availability", "online")
    publishing.write(replace(seen(7), event="appeared"))
    publishing.write(seen(8))
    assert json.loads(until(messages, f"{TOPIC}/event")[1])["event"] == "appeared"
    while json.loads(until(messages, f"{TOPIC}/state")[1])["index"] < 8:
        pass
    retained = heard(port)  # somebody who comes later
    state = json.loads(until(retained, f"{TOPIC}/state")[1])
    assert (state["index"], state["label"], state["event"]) == (8, "red", None)
    config = json.loads(until(heard(port), "homeassistant/event/home_door/event/config")[1])
    assert config["state_topic"] == f"{TOPIC}/event"


def test_a_close_says_offline_at_once(mosquitto, heard, sink):
    port, _ = mosquitto()
    messages = heard(port)
    publishing = sink(port)
    until(messages, f"{TOPIC}/availability", "online")
    publishing.close()
    until(messages, f"{TOPIC}/availability", "offline")


def test_the_broker_itself_says_offline_when_the_program_dies(mosquitto, heard, sink):
    port, _ = mosquitto()
    messages = heard(port)
    publishing = sink(port)
    until(messages, f"{TOPIC}/availability", "online")
    publishing._client.socket().shutdown(socket.SHUT_RDWR)  # as the kernel does for a dead process
    until(messages, f"{TOPIC}/availability", "offline")


def test_a_dead_broker_is_told_once_and_found_when_it_comes(mosquitto, heard, sink, seen):
    port, told = free_port(), queue.Queue()
    publishing = sink(port, say=told.put)
    assert told.get(timeout=30) == (
        f"mqtt: no broker answers at 127.0.0.1:{port}; edge-run goes on and keeps trying"
    )
    publishing.write(replace(seen(1), event="appeared"))  # does not wait
    publishing.write(seen(2))
    mosquitto(port)
    assert told.get(timeout=30) == f"mqtt: connected to 127.0.0.1:{port}"
    assert json.loads(until(heard(port), f"{TOPIC}/state")[1])["index"] == 2


def test_a_broker_that_restarts_is_found_again_and_gets_the_events_of_meanwhile(
    mosquitto, heard, sink, seen
):
    port, process = mosquitto()
    told = queue.Queue()
    publishing = sink(port, say=told.put)
    until(heard(port), f"{TOPIC}/availability", "online")
    process.kill()
    process.wait()
    assert told.get(timeout=30).startswith("mqtt: the connection is lost to")
    publishing.write(replace(seen(5), event="left"))
    port, _ = mosquitto(port)
    messages = heard(port)
    assert told.get(timeout=30).startswith("mqtt: connected to")
    # the subscriber may have come after the event; the state is retained
    assert json.loads(until(messages, f"{TOPIC}/state")[1])["event"] == "left"


def test_a_wrong_password_is_told_once_and_the_right_one_is_taken(mosquitto, sink):
    port, _ = mosquitto(password="secret")
    told = queue.Queue()
    sink(port, "eve", "wrong", say=told.put)
    assert "the user or the password is refused (Not authorized) by" in told.get(timeout=30)
    assert sink(port, "eve", "secret")._connected.wait(30)
    assert told.empty()


def test_without_paho_the_way_to_get_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    with pytest.raises(LocalizerError, match=r"pip install 'edge-localizer\[mqtt\]'"):
        load_paho()
