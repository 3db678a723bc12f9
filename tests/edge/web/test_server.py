import contextlib
import random
import selectors
import socket
import subprocess
import sys

import pytest

pytest.importorskip("starlette", reason="the packages of the live page are not installed")
from edge.address import Address
from edge.errors import LocalizerError
from edge.web import guard, serving
from edge.web.server import Page, opened_page

SEED = 8
BATCH = 50
GOOD = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"POST /threshold HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
    b"Content-Type: application/json\r\nContent-Length: 18\r\nConnection: close\r\n\r\n"
    b'{"threshold": 0.5}',
    b"POST /enter HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n"
    b"Connection: close\r\n\r\n5\r\npassw\r\n0\r\n\r\n",
    b"GET /live HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x85abcd\x12\n\x0c\x13\x0f",
)
PIECES = [b"\0", b"\r\n", b"\xff\xfe", b"../", b"%00", b"%ud800", b"\r\n\r\n", b"A" * 9000, b": "]
PIECES += [b"-1", b"1e9", b"9" * 20, b"Host: x\r\n", b"HTTP/9.9", b";", b"\x88\x80"]


def malformed(dice):
    """A good request with a few places damaged."""
    request = bytearray(dice.choice(GOOD))
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(request) + 1)
        kind = dice.randrange(4)
        if kind == 0:
            request[at:at] = dice.choice(PIECES)
        elif kind == 1:
            del request[at : at + dice.randint(1, 20)]
        elif kind == 2:
            request[at : at + 1] = bytes([dice.randrange(256)])
        else:
            request[at : at + 8] = request[: dice.randint(0, 40)]
    return bytes(request)


def answers(port, requests):
    """The first bytes of each answer; none where the server waits for more, or says nothing."""
    told = {}
    with selectors.DefaultSelector() as waiting:
        for request in requests:
            client = socket.create_connection(("127.0.0.1", port))
            client.sendall(request)
            waiting.register(client, selectors.EVENT_READ, request)
        while waiting.get_map() and (ready := waiting.select(0.25)):
            for key, _ in ready:
                try:
                    told[key.data] = key.fileobj.recv(64)
                except ConnectionError:
                    told[key.data] = b""
                waiting.unregister(key.fileobj)
                key.fileobj.close()
        for key in list(waiting.get_map().values()):
            key.fileobj.close()
    return told


def test_a_thousand_malformed_requests_never_make_it_fail(served, chosen_password, capfd):
    site = served(chosen_password)
    dice = random.Random(SEED)
    statuses = set()
    for _ in range(1000 // BATCH):
        for request, told in answers(site.port, [malformed(dice) for _ in range(BATCH)]).items():
            assert not told.startswith(b"HTTP/1.1 5"), request
            statuses.add(told[9:12])
        assert site.ask("GET", "/icon.svg")[0] == 200
    assert {b"303", b"400", b"403", b"404", b"421"} <= statuses  # they reached every guard
    assert "Traceback" not in capfd.readouterr().err


def test_idle_connections_are_few_and_end_so_that_others_are_answered(served, monkeypatch):
    monkeypatch.setattr(serving, "CONNECTION_S", 0.2)
    site = served()
    idle = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(8)]
    for client in idle:
        client.sendall(b"GET / HT")
        client.settimeout(30)
    for client in idle:
        with client, contextlib.suppress(ConnectionResetError):
            assert client.recv(1) == b""
    assert site.ask("GET", "/")[0] == 200


def test_a_body_that_does_not_come_is_not_waited_for(served, monkeypatch):
    monkeypatch.setattr(guard, "_BODY_S", 0.1)
    site = served()
    head = "POST /threshold HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as client:
        client.sendall(f"{head}Content-Length: 20\r\n\r\n{{".encode())
        assert client.recv(12) == b"HTTP/1.1 408"
    assert site.kept == []


def test_connections_beyond_the_limit_are_ended_at_once(served, monkeypatch):
    monkeypatch.setattr(serving, "CONNECTIONS", 4)
    site = served()
    idle = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(4)]
    try:
        for client in idle:  # each is there when it is answered
            client.sendall(b"HEAD /icon.svg HTTP/1.1\r\nHost: localhost\r\n\r\n")
            client.settimeout(30)
            assert client.recv(12) == b"HTTP/1.1 200"
        with pytest.raises(OSError):
            site.ask("GET", "/")
    finally:
        for client in idle:
            client.close()


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.168.1.4:80", "kitchen:80"])
def test_nobody_else_is_answered_without_a_password(address, tmp_path, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(LocalizerError, match="no password; set one with edge-device web-password"):
        opened_page(Address.parsed(address), None, None)


def test_with_a_password_others_are_answered(tmp_path, chosen_password, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    chosen_password.write(tmp_path / "web")
    with opened_page(Address("0.0.0.0", 0), None, None) as page:
        assert page.address.port > 0 and page.address.everywhere


def test_a_password_that_cannot_be_read_is_no_reason_to_go_without(tmp_path):
    with pytest.raises(LocalizerError, match="none cannot be read: No such file"):
        opened_page(Address("127.0.0.1", 0), tmp_path / "none", None)


def test_a_port_in_use_is_told(served):
    site = served()
    with pytest.raises(LocalizerError, match=f"--web cannot listen at 127.0.0.1:{site.port}: Addr"):
        Page(Address("127.0.0.1", site.port), None, None)


def test_without_its_packages_it_says_what_to_install():
    program = "import sys; sys.modules['uvicorn'] = None; import edge.web.server"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    sentence = "--web needs uvicorn; pip install 'edge-localizer[web]', or leave --web out"
    assert sentence in done.stderr.splitlines()[-1]
