import pytest

from edge.liveness import Verdict
from edge.notify import Manager
from edge.sinks.watchdog import Watchdog

WELL = Verdict(True, True, True, "the last frame was answered 0.1 s ago", 4.2)
NOT_YET = Verdict(True, False, False, "no frame yet, after 0.1 s")
STALLED = Verdict(False, True, True, "the last frame was answered 6.0 s ago", 4.2)
ABSENT = Verdict(True, True, False, "waiting for the camera for 3.0 s: it is not there")


class Desk:
    """A watchdog whose looks the test takes, and what comes of them."""

    def __init__(self, systemd, cause=""):
        self.verdict, self.told, self.cause = WELL, [], cause
        self.systemd = systemd
        self.watchdog = Watchdog(
            Manager(systemd.address, 15.0),
            lambda: self.verdict,
            lambda: 29.96,
            lambda: self.cause,
            self.told.append,
        )

    def look(self, verdict):
        self.verdict = verdict
        self.watchdog.look()
        return self.systemd.waiting()


@pytest.fixture
def desk(systemd):
    return Desk(systemd)


def test_it_is_ready_with_the_first_answered_frame_and_only_then(desk):
    assert "READY=1" not in desk.look(NOT_YET)
    assert desk.look(WELL)[0] == "READY=1"
    assert "READY=1" not in desk.look(WELL)


def test_it_is_ready_once_an_absent_camera_is_waited_for(desk):
    assert desk.look(ABSENT) == [
        "READY=1",
        "WATCHDOG=1",
        "STATUS=waiting for the camera for 3.0 s: it is not there",
    ]


def test_the_keep_alive_stops_while_nothing_is_answered_and_comes_again(desk):
    assert "WATCHDOG=1" in desk.look(WELL)
    assert desk.look(STALLED) == ["STATUS=the last frame was answered 6.0 s ago"]
    assert desk.look(STALLED) == []
    assert "WATCHDOG=1" in desk.look(WELL)
    assert desk.told == [
        "stalled: the last frame was answered 6.0 s ago",
        "well again: the last frame was answered 0.1 s ago",
    ]


def test_the_status_tells_speed_age_and_the_last_cause(desk):
    assert desk.look(WELL)[-1] == "STATUS=30.0 fps, 4 ms old"
    desk.cause = "the camera was unplugged"
    assert desk.look(WELL)[-1] == "STATUS=30.0 fps, 4 ms old; last lost: the camera was unplugged"


def test_a_reload_is_told_and_what_it_refused_stays_in_the_status(desk):
    desk.look(WELL)
    desk.watchdog.reloading()
    assert desk.systemd.next().startswith("RELOADING=1\nMONOTONIC_USEC=")
    desk.watchdog.reloaded("reload refused: it is garbage")
    assert desk.systemd.next() == "READY=1"
    assert desk.look(WELL)[-1] == "STATUS=30.0 fps, 4 ms old; reload refused: it is garbage"
    desk.watchdog.reloaded("")
    desk.systemd.next()
    assert desk.look(WELL)[-1] == "STATUS=30.0 fps, 4 ms old"


def test_a_reload_before_the_first_frame_does_not_tell_that_it_is_ready(desk):
    desk.look(NOT_YET)
    desk.watchdog.reloading()
    desk.watchdog.reloaded("")
    assert desk.systemd.waiting() == []


def test_its_own_thread_tells_of_the_first_frame_at_once_and_of_the_end(systemd, seen):
    desk = Desk(systemd)
    desk.verdict = NOT_YET
    with desk.watchdog as watchdog:
        systemd.until("STATUS=")
        desk.verdict = WELL
        watchdog.write(seen())
        assert "READY=1" in systemd.until("WATCHDOG=1")
    assert systemd.until("STOPPING=1")[-1] == "STOPPING=1"
    assert systemd.waiting() == []
