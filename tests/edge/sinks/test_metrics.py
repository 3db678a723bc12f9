import http.client
import re
import socket
import threading
from contextlib import suppress
from dataclasses import replace

import pytest

from edge.address import Address
from edge.board import Health
from edge.errors import LocalizerError
from edge.liveness import Liveness, Verdict
from edge.sinks import metrics
from edge.sinks.metrics import Metrics, Server


def well():
    return Verdict(True, True, True, "the last frame was answered 0.0 s ago")


def values(metrics):
    """The figures by name, as Prometheus would read them."""
    lines = [line for line in str(metrics).splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


@pytest.fixture
def served():
    """Serves metrics on a free port; gives a getter of (status, text)."""
    servers = []

    def serve(metrics):
        server = Server(Address("127.0.0.1", 0), metrics)
        server.__enter__()
        servers.append(server)

        def get(path):
            connection = http.client.HTTPConnection("127.0.0.1", server.address.port, timeout=30)
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read().decode()
            connection.close()
            return answer.status, text

        get.port = server.address.port
        return get

    yield serve
    for server in servers:
        server.__exit__(None, None, None)


def test_frames_boxes_events_ages_and_stages_are_counted(seen):
    metrics = Metrics(lambda: 29.5, well, now=lambda: 101.0)
    metrics.write(replace(seen(captured_at=100.0, answered_at=100.25), event="appeared"))
    metrics.write(seen(found=False, captured_at=100.0, answered_at=100.5, presence=0.1))
    told = values(metrics)
    assert told["edge_frames_total"] == 2 and told["edge_found_total"] == 1
    assert told['edge_events_total{event="appeared"}'] == 1
    assert told['edge_events_total{event="left"}'] == 0
    assert told["edge_fps"] == 29.5
    assert told["edge_age_seconds"] == 0.5 and told["edge_age_seconds_total"] == 0.75
    assert told["edge_idle_seconds"] == 0.5
    assert told['edge_stage_seconds{stage="invoke"}'] == 0.0025
    assert told['edge_stage_seconds_total{stage="invoke"}'] == 0.005
    assert told["edge_presence"] == 0.1


def test_a_board_that_tells_nothing_has_no_such_figure():
    names = values(Metrics(lambda: 0.0, well))
    assert not any("celsius" in name or "throttled" in name or "source" in name for name in names)


def test_heat_throttling_drops_and_the_source_are_told():
    told = values(
        Metrics(
            fps=lambda: 0.0,
            verdict=well,
            health=lambda: Health(61.25, 0x50005),
            dropped=lambda: {"record": 3},
            source=lambda: 'reopening "usb"',
        )
    )
    assert told["edge_temperature_celsius"] == 61.25
    bits = {name for name, value in told.items() if "throttled{" in name and value}
    assert bits == {
        f'edge_throttled{{reason="{reason}"}}'
        for reason in (
            "under_voltage",
            "throttled",
            "under_voltage_since_boot",
            "throttled_since_boot",
        )
    }
    assert told['edge_dropped_total{sink="record"}'] == 3
    assert told['edge_source_state{state="reopening \\"usb\\""}'] == 1


def test_every_line_has_the_form_that_prometheus_reads(seen):
    metrics = Metrics(lambda: 1.0, well, health=lambda: Health(50.0, 0))
    metrics.write(seen())
    form = r'# (HELP|TYPE) edge_[a-z_]+ .+|edge_[a-z_]+(\{[a-z]+="[^"]*"\})? [-+.e0-9]+'
    for line in str(metrics).splitlines():
        assert re.fullmatch(form, line), line


def test_prometheus_and_a_health_check_are_answered(served, seen):
    clock = [100.0]
    liveness = Liveness(now=lambda: clock[0])
    metrics = Metrics(lambda: 0.0, liveness.verdict, now=lambda: clock[0])
    get = served(metrics)
    for sink in (liveness, metrics):
        sink.write(seen(answered_at=100.0))
    status, text = get("/metrics")
    assert status == 200 and "edge_frames_total 1\n" in text and "edge_up 1\n" in text
    assert get("/healthz") == (200, "ok: the last frame was answered 0.0 s ago\n")
    clock[0] = 160.0
    assert get("/healthz?x") == (503, "stalled: the last frame was answered 60.0 s ago\n")
    assert get("/other") == (404, "here are /metrics and /healthz\n")


def test_slow_clients_neither_hold_the_others_nor_the_end(served):
    get = served(Metrics(lambda: 0.0, well))
    slow = [socket.create_connection(("127.0.0.1", get.port)) for _ in range(4)]
    for client in slow:
        client.sendall(b"GET /metrics HT")  # and no more
    assert get("/metrics")[0] == 200
    for client in slow:
        client.close()


def test_more_clients_than_it_can_bear_are_turned_away(served):
    entered, let = threading.Semaphore(0), threading.Event()

    def fps():
        entered.release()
        assert let.wait(30)
        return 0.0

    get = served(Metrics(fps, well))
    slow = [socket.create_connection(("127.0.0.1", get.port)) for _ in range(8)]
    for client in slow:
        client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert entered.acquire(timeout=30)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        get("/healthz")
    let.set()
    for client in slow:
        client.close()


def test_a_port_in_use_is_told():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        address = Address("127.0.0.1", door.getsockname()[1])
        with pytest.raises(
            LocalizerError, match=f"cannot listen at {address}: Address already in use; give anoth"
        ):
            Server(address, Metrics(lambda: 0.0, well))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("9464", Address("127.0.0.1", 9464)),
        ("0.0.0.0:80", Address("0.0.0.0", 80)),
        ("[::1]:80", Address("::1", 80)),
    ],
)
def test_without_a_host_only_this_machine_is_answered(text, address):
    assert Address.parsed(text) == address


@pytest.mark.parametrize("text", ["", "metrics", "host:", "1:2:3", "99999"])
def test_another_address_is_refused_with_the_good_forms(text):
    with pytest.raises(LocalizerError, match="takes PORT or HOST:PORT, .* such as 9464") as told:
        Address.parsed(text)
    assert str(told.value).endswith(f"Received: {text}")


def test_a_client_that_dawdles_byte_by_byte_is_hung_up_on(served, monkeypatch):
    monkeypatch.setattr(metrics, "_CLIENT_S", 0.2)
    get = served(Metrics(lambda: 0.0, well))
    with socket.create_connection(("127.0.0.1", get.port)) as slow, suppress(ConnectionError):
        slow.settimeout(0.05)
        while True:  # each byte comes sooner than the time of one read is over
            slow.sendall(b"G")
            with suppress(TimeoutError):
                if not slow.recv(1):
                    break
    assert get("/metrics")[0] == 200
