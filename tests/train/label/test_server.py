from __future__ import annotations

import contextlib
import http.client
import socket
import time

import pytest

from edge.errors import LocalizerError
from train.label.album import Album
from train.label.server import serve

HASTY = """
from edge.web import guard, serving
from train.cli import main
serving.CONNECTION_S, serving.UNREAD_S, guard._BODY_S = 0.2, 0.2, 1.0
main()
"""
"""edge-train where time is over soon: of a connection, of unread answers, and then of a body."""


ALONE = HASTY.replace("main()", "serving.CONNECTIONS = 1; main()")
"""That, with one connection at a time."""


@pytest.fixture
def port(pictures, label_page):
    with label_page(pictures(1), program=("-c", HASTY)) as address:
        yield int(address.rstrip("/").rpartition(":")[2])


def test_half_open_connections_end_so_that_others_are_answered(port):
    half = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(200)]
    for client in half:
        with contextlib.suppress(ConnectionError):  # of those that are too many
            client.sendall(b"GET / HT")
    for client in half:
        with client, contextlib.suppress(ConnectionError):
            assert client.recv(1) == b""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/album")
    assert connection.getresponse().status == 200
    connection.close()


def test_what_is_asked_already_is_answered_although_the_connections_time_is_over(port):
    head = f"PUT /pictures/0 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    head += f"Origin: http://127.0.0.1:{port}\r\nContent-Length: 20\r\n\r\n{{"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(head.encode())
        assert client.recv(12) == b"HTTP/1.1 408"


def test_a_client_that_reads_nothing_gives_its_place_to_others(pictures, label_page):
    folder = pictures(1)
    with (folder / "00000.jpg").open("ab") as file:
        file.write(bytes(1 << 24))  # more than a kernel keeps of what is not read
    with (
        label_page(folder, program=("-c", ALONE)) as address,
        socket.socket() as client,
    ):
        port = int(address.rstrip("/").rpartition(":")[2])
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        client.sendall(f"GET /pictures/0/image HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        assert client.recv(12) == b"HTTP/1.1 200"
        assert not answered(port)
        patience = time.monotonic() + 30
        while not answered(port):
            assert time.monotonic() < patience, "the place was not given to others"


def answered(port):
    """Whether another client is answered; without a place it is sent away at once."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/album")
        return connection.getresponse().status == 200
    except ConnectionError:
        return False
    finally:
        connection.close()


def test_a_port_in_use_is_told(pictures):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = (
            f"--port cannot listen at 127.0.0.1:{port}: Address already in use; give another port"
        )
        with pytest.raises(LocalizerError, match=told):
            serve(Album(pictures(1)), port, print)
