import threading

import pytest

from edge.stage import Stage

LONG = 30.0
"""Seconds after which a test that waits for an event has failed."""


def test_items_are_worked_on_in_order_on_another_thread():
    worked, threads = [], set()

    def work(item):
        worked.append(item)
        threads.add(threading.current_thread())

    with Stage("test", work) as stage:
        for item in range(5):
            stage.give(item)
    assert worked == [0, 1, 2, 3, 4]
    assert threads.isdisjoint({threading.current_thread()})


def test_the_caller_goes_on_while_an_item_is_in_work():
    released, in_time = threading.Event(), []
    with Stage("test", lambda item: in_time.append(released.wait(LONG))) as stage:
        stage.give("slow")
        released.set()  # which would come too late if giving waited for the work
    assert in_time == [True]


def test_idle_means_that_everything_was_worked_on():
    worked = []
    with Stage("test", worked.append) as stage:
        stage.give("one")
        stage.wait_until_idle()
        assert worked == ["one"]


def test_nearly_idle_waits_no_longer_than_the_item_takes():
    released, worked = threading.Event(), []

    def work(item):
        if item == "slow":
            released.wait(LONG)
        worked.append(item)

    with Stage("test", work) as stage:
        for item in range(3):  # which tell how long an item takes
            stage.give(item)
            stage.wait_until_idle()
        stage.give("slow")
        stage.wait_until_nearly_idle(ahead=0.0)
        assert worked == [0, 1, 2]
        released.set()
    assert worked == [0, 1, 2, "slow"]
    # nothing to wait for is no wait either
    with Stage("test", lambda item: None) as stage:
        stage.wait_until_nearly_idle(ahead=0.0)


def test_a_wait_that_is_over_at_once_does_not_wait_for_the_item(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("edge.stage.time.perf_counter", lambda: now[0])
    for _ in range(100):  # one in six met it
        released, worked = threading.Event(), []

        def work(item, released=released, worked=worked):
            if item == "slow":
                released.wait(LONG)
            else:
                now[0] += 1.0
            worked.append(item)

        with Stage("test", work) as stage:
            stage.give("takes a second")
            stage.wait_until_idle()
            stage.give("slow")
            now[0] += 1.0 - 1e-7
            stage.wait_until_nearly_idle(ahead=0.0)
            assert worked == ["takes a second"]
            released.set()


def test_a_failure_is_raised_in_the_caller_and_ends_the_work():
    worked = []

    def work(item):
        worked.append(item)
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"), Stage("test", work) as stage:
        for item in range(9):
            stage.give(item)
    assert worked == [0]


def test_a_failure_of_the_last_item_is_raised_at_the_end():
    with pytest.raises(ZeroDivisionError), Stage("test", lambda item: 1 / item) as stage:
        stage.give(0)


def test_what_was_given_is_finished_although_the_caller_failed():
    worked = []
    with pytest.raises(LookupError), Stage("test", worked.append) as stage:
        stage.give("one")
        raise LookupError
    assert worked == ["one"]
