import os
import socket

import pytest

from edge.notify import Manager


def environment(**variables):
    return {"NOTIFY_SOCKET": "/run/systemd/notify", **variables}


def test_each_message_has_the_form_of_sd_notify(systemd):
    manager = Manager(systemd.address)
    manager.ready()
    manager.alive()
    manager.status("30.0 fps,\n 4 ms old")
    manager.stopping()
    assert [systemd.next() for _ in range(4)] == [
        "READY=1",
        "WATCHDOG=1",
        "STATUS=30.0 fps, 4 ms old",
        "STOPPING=1",
    ]
    manager.close()


def test_a_reload_tells_when_it_began(systemd):
    Manager(systemd.address).reloading()
    reloading, began = systemd.next().split("\n")
    assert reloading == "RELOADING=1"
    name, microseconds = began.split("=")
    assert name == "MONOTONIC_USEC" and int(microseconds) > 0


def test_an_abstract_socket_is_spoken_to():
    address = f"@edge-localizer-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind("\0" + address[1:])
        Manager(address).ready()
        assert ear.recv(100) == b"READY=1"


def test_a_manager_that_is_gone_fails_nothing(tmp_path):
    Manager(str(tmp_path / "none")).ready()


def test_without_a_manager_nobody_is_told():
    assert Manager.found({}) is None
    assert Manager.found({"NOTIFY_SOCKET": "vsock:2:1"}) is None


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "15000000"}, 15.0),
        ({"WATCHDOG_USEC": "15000000", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"WATCHDOG_USEC": "15000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdogs_time_is_taken_where_it_is_meant_for_this_process(variables, seconds):
    manager = Manager.found(environment(**variables))
    assert manager is not None and manager.watchdog_s == seconds
