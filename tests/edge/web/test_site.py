"""Requests to the real server in this process."""

import json
import threading

import pytest

pytest.importorskip("starlette", reason="the packages of the live page are not installed")
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

PAGES = {"/": "text/html", "/live.js": "text/javascript", "/style.css": "text/css"}
PAGES |= {"/icon.svg": "image/svg+xml"}


def test_every_answer_has_the_strict_headers(served):
    site = served()
    for path, kind in {**PAGES, "/nothing": "text/plain"}.items():
        status, headers, _ = site.ask("GET", path)
        assert status == (404 if path == "/nothing" else 200)
        assert headers["Content-Type"].startswith(kind)
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "*" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Server"] is None


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/page/../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2fsite.py",
        "/live.js/../../site.py",
        "//etc/passwd",
        "/live.html",
        "/page/live.js",
        "/site.py",
        "/live.js%00.css",
    ],
)
def test_no_path_leads_to_a_file(path, served):
    status, _, content = served().ask("GET", path)
    assert status == 404 and content == b"Not Found"


def test_another_name_for_this_machine_is_refused(served):
    site = served()
    status, _, content = site.ask("GET", "/", Host="evil.example")
    assert status == 421 and b"not known by that name" in content
    assert site.ask("GET", "/", Host=f"localhost:{site.port}")[0] == 200


@pytest.mark.parametrize("path", ["/threshold", "/enter", "/leave"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", None])
def test_an_action_of_another_origin_is_refused(path, origin, served, chosen_password):
    site = served(chosen_password)
    headers = {} if origin is None else {"Origin": origin}
    assert site.ask("POST", path, "{}", **headers)[0] == 403
    assert site.kept == []


@pytest.mark.parametrize("origin", ["http://evil.example", "null", None])
def test_a_websocket_of_another_origin_is_refused(origin, served):
    with pytest.raises(InvalidStatus, match="403"):
        connect(served().socket_url, origin=origin)


def test_a_threshold_is_kept(served):
    site = served()
    kind = "application/json"
    status, _, content = site.post("/threshold", '{"threshold": 0.625}', Content_Type=kind)
    assert (status, json.loads(content), site.kept) == (200, {"threshold": 0.625}, [0.625])


@pytest.mark.parametrize(
    "body",
    [
        "",
        "0.5",
        "{}",
        '{"threshold": 1.01}',
        '{"threshold": -1}',
        '{"threshold": true}',
        '{"threshold": "0.5"}',
        '{"threshold": NaN}',
        '{"threshold": 1e999}',
        '{"threshold": 0.5, "threshold": 0.6}',
        "[" * 1000,
        '{"threshold": ' + "9" * 900 + "}",
        b'{"threshold": "\xff"}',
        '{"\\ud800": 1}',
    ],
)
def test_what_is_no_threshold_is_refused(body, served):
    site = served()
    assert site.post("/threshold", body, Content_Type="application/json")[0] == 400
    assert site.kept == []


def test_a_form_of_another_kind_changes_nothing(served):
    site = served()
    assert site.post("/threshold", '{"threshold": 0.5}', Content_Type="text/plain")[0] == 415
    assert site.kept == []


def test_oversized_bodies_are_refused(served, chosen_password):
    site = served(chosen_password)
    for path in ("/threshold", "/enter", "/leave", "/nothing"):
        assert site.post(path, "x" * 4097)[0] == 413
    assert site.post("/threshold", iter([b"x" * 2100] * 2))[0] == 413  # chunked, of no told length
    assert site.ask("GET", "/", "x")[0] == 413


def test_without_the_password_nothing_is_shown_and_nothing_changed(served, chosen_password):
    site = served(chosen_password)
    status, headers, _ = site.ask("GET", "/")
    assert (status, headers["Location"]) == (303, "/enter")
    assert b'type="password"' in site.ask("GET", "/enter")[2]
    kind = "application/json"
    assert site.post("/threshold", '{"threshold": 0.1}', Content_Type=kind)[0] == 403
    with pytest.raises(InvalidStatus, match="403"):
        connect(site.socket_url, origin=site.origin)
    assert site.kept == []


def test_the_password_opens_and_its_cookie_is_for_this_page_alone(served, chosen_password):
    site = served(chosen_password)
    status, headers, _ = site.enter("correct+horse")
    assert (status, headers["Location"]) == (303, "/")
    cookie, _, limits = headers["Set-Cookie"].partition(";")
    assert "HttpOnly" in limits and "SameSite=strict" in limits and "Path=/" in limits
    assert site.ask("GET", "/", Cookie=cookie)[0] == 200
    with connect(site.socket_url, origin=site.origin, additional_headers={"Cookie": cookie}) as on:
        assert json.loads(on.recv(30))["well"]
    assert site.ask("GET", "/", Cookie=cookie[:-1] + "x")[0] == 303


def test_wrong_passwords_are_refused_and_then_not_even_looked_at(served, chosen_password):
    site = served(chosen_password)
    for _ in range(5):
        status, headers, content = site.enter("wrong")
        assert status == 403 and headers["Set-Cookie"] is None
        assert b"That is not the password." in content
    status, headers, content = site.enter("correct+horse")
    assert status == 429 and headers["Set-Cookie"] is None
    assert 0 < int(headers["Retry-After"]) <= 60 and b"Too many wrong" in content


def test_who_does_not_confirm_gets_no_more_than_two_pictures_and_is_told_of_the_rest(served, seen):
    site = served()
    with connect(site.socket_url, origin=site.origin, max_queue=None) as slow:
        assert json.loads(slow.recv(30))["dropped"] == 0
        for number in range(10):
            site.show(seen(number, answered_at=100.0 + number))
        pictures = 0
        for message in slow:
            pictures += isinstance(message, bytes)
            if isinstance(message, str) and (dropped := json.loads(message)["dropped"]):
                break
    assert 1 <= pictures <= 2 and 7 <= dropped <= 9  # one may wait still


@pytest.mark.parametrize("word", ["shown", "x", b"shown", "x" * 257])
def test_who_says_what_the_page_never_says_is_left(word, served):
    site = served()
    with connect(site.socket_url, origin=site.origin) as strange:
        strange.recv(30)
        strange.send(word)
        with pytest.raises(ConnectionClosed) as ended:
            while True:
                strange.recv(30)
    assert ended.value.rcvd.code in (1008, 1009)  # refused; too long


def test_one_viewer_too_many_is_told_to_come_again(served):
    site = served(most=1)
    with connect(site.socket_url, origin=site.origin) as first:
        first.recv(30)
        with connect(site.socket_url, origin=site.origin) as second:
            with pytest.raises(ConnectionClosed) as ended:
                second.recv(30)
            assert ended.value.rcvd.code == 1013


def test_who_leaves_makes_room_and_nothing_more_is_encoded(served, seen):
    site = served(most=1)
    with connect(site.socket_url, origin=site.origin) as first:
        first.recv(30)
    for _ in range(100):  # the server hears of it in its own time
        with connect(site.socket_url, origin=site.origin) as second:
            try:
                second.recv(30)
                break
            except ConnectionClosed:
                continue
    else:
        pytest.fail("there was never room again")
    assert threading.active_count() < 50
