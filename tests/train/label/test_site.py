"""What others than the page ask is refused, and nothing is changed by it."""

from __future__ import annotations

import http.client
import json
import socket
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SECRET = "nobody may read this"


@pytest.fixture
def ask(site):
    """Asks the page as its own page would, but for what is given; gives status, headers, body."""
    port, _ = site

    def asked(method, path, body=None, **headers):
        own = {"Host": f"127.0.0.1:{port}", "Content-Type": "application/json"}
        if method not in ("GET", "HEAD"):
            own["Origin"] = f"http://127.0.0.1:{port}"
        own |= {name.replace("_", "-"): value for name, value in headers.items()}
        own = {name: value for name, value in own.items() if value is not None}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            data = json.dumps(body).encode() if body is not None else None
            for name, value in own.items():
                connection.putheader(name, value)
            if data is not None:
                connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    return asked


@pytest.fixture
def version(ask):
    return lambda number=0: json.loads(ask("GET", f"/pictures/{number}")[2])["version"]


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".edge-label" not in path.parts
    }


def test_every_answer_has_the_strict_headers_and_the_page_is_light(ask):
    weight = 0
    for path in ("/", "/label.js", "/canvas.js", "/strip.js", "/style.css", "/icon.svg"):
        status, headers, body = ask("GET", path)
        weight += len(body)
        assert status == 200
        assert "default-src 'none'; script-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert b"http://" not in body.replace(b"http://www.w3.org/2000/svg", b"")
        assert b"https://" not in body
    assert weight < 100_000
    assert ask("GET", "/nothing")[1]["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "192.168.1.2", "", None]
)
def test_another_hosts_name_is_refused(host, ask):
    for path in ("/", "/album", "/pictures/0", "/pictures/0/image"):
        assert ask("GET", path, Host=host)[0] in (400, 421)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", None])
def test_another_origin_changes_nothing(origin, ask, version, site):
    before = files(site[1])
    said = {"label": "star", "box": [1, 2, 3, 4]}
    assert ask("PUT", "/pictures/0", said, Origin=origin, If_Match=version())[0] == 403
    assert ask("DELETE", "/pictures/0", Origin=origin, If_Match=version())[0] == 403
    assert ask("POST", "/classes", {"label": "evil"}, Origin=origin)[0] == 403
    assert ask("PUT", "/position/1", Origin=origin)[0] == 403
    assert files(site[1]) == before


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt", "/pictures/../secret.txt", "/pictures/..%2f..%2fsecret.txt/image",
        "/pictures/%2e%2e/image", "/label.js/../../secret.txt", "//secret.txt",
        "/pictures/-1/image", "/pictures/2/image", "/pictures/1.0", "/pictures/٣",
        "/pictures/" + "9" * 5000, "/pictures/0x0", "/states/" + "9" * 20,
        "/.edge-label/state.json", "/00000.jpg", "/set/00000.jpg", "/pictures/00000.jpg/image",
    ],
)  # fmt: skip
def test_no_request_names_a_file(path, ask, site):
    (site[1].parent / "secret.txt").write_text(SECRET)
    status, _, body = ask("GET", quote(path, safe="/%:"))
    assert status in (400, 404, 414, 431)
    assert SECRET.encode() not in body


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"label": "star", "box": [10, 10, 10, 20]}, "one pixel wide and high at least"),
        ({"label": "star", "box": [30, 10, 20, 20]}, "one pixel wide and high at least"),
        ({"label": "star", "box": [10, 10, 10.0000001, 20]}, "one pixel wide and high at least"),
        ({"label": "star", "box": [10, 10, 20, 10.9]}, "one pixel wide and high at least"),
        ({"label": "star", "box": [0, 0, 100, 300]}, "lies in its picture of 320x240"),
        ({"label": "star", "box": [-1, 0, 10, 10]}, "from 0 to 320"),
        ({"label": "star", "box": [0, 0, 10]}, "has 4 numbers"),
        ({"label": "star", "box": ["a", 0, 10, 10]}, "box is a number"),
        ({"label": "star"}, "box is missing"),
        ({"label": "", "box": [1, 2, 3, 4]}, "label is a text"),
        ({"label": "a\nb", "box": [1, 2, 3, 4]}, "cannot be shown"),
        ({"label": ["a"], "box": [1, 2, 3, 4]}, "label is a"),
        ({"label": None, "box": [1, 2, 3, 4]}, "is no field of it"),
        ({"label": "star", "box": [1, 2, 3, 4], "path": "../x"}, "is no field of it"),
        ([], "is no object"),
        ("star", "is no object"),
    ],
)
def test_what_is_no_label_is_refused_with_a_sentence(body, sentence, ask, version, site):
    before = files(site[1])
    status, _, told = ask("PUT", "/pictures/0", body, If_Match=version())
    assert (status, sentence in told.decode()) == (400, True), told
    assert files(site[1]) == before


def test_large_bodies_other_kinds_and_other_methods_are_refused(ask, version, site):
    before = files(site[1])
    seen = version()
    assert ask("PUT", "/pictures/0", {"label": "x" * 100_000}, If_Match=seen)[0] == 413
    plain = {"Content_Type": "text/plain", "If_Match": seen}
    assert ask("PUT", "/pictures/0", {"label": None}, **plain)[0] == 400
    assert ask("POST", "/pictures/0", {"label": None}, If_Match=seen)[0] == 405
    assert ask("PUT", "/pictures/0", {"label": None})[0] == 428
    assert files(site[1]) == before


def test_a_stale_version_and_that_of_another_picture_are_refused(ask, version, site):
    before = files(site[1])
    for seen in (version(1), "0" * 24, "*"):
        said = {"label": "star", "box": [1, 2, 3, 4]}
        assert ask("PUT", "/pictures/0", said, If_Match=seen)[0] == 412
        assert ask("DELETE", "/pictures/0", If_Match=seen)[0] == 412
    assert files(site[1]) == before


def test_a_thousand_malformed_requests_are_borne(site, ask):
    port, folder = site
    before = files(folder)

    @settings(max_examples=1000, deadline=None)
    @given(st.binary(max_size=200) | st.text(max_size=100).map(
        lambda text: f"GET /{text} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode(
            "utf-8", "replace")))  # fmt: skip
    def borne(data):
        with socket.create_connection(("127.0.0.1", port)) as door:
            door.sendall(data)

    borne()
    status, _, body = ask("GET", "/album")
    assert status == 200 and json.loads(body)["count"] == 2
    assert files(folder) == before
