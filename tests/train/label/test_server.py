from __future__ import annotations

import contextlib
import http.client
import socket

import pytest

HASTY = """
from edge.web import guard, serving
from train.cli import main
serving.CONNECTION_S, guard._BODY_S = 0.2, 1.0
main()
"""
"""edge-train where a connection's time is over soon, and a body's somewhat later."""


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
