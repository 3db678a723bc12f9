import signal
import threading

import pytest

from edge.reloading import Changes, Reloading

OLD, NEW, NEWER = (1,), (2,), (3,)


def test_a_stamp_that_stays_is_no_change():
    changes = Changes(OLD)
    assert [changes(OLD) for _ in range(3)] == [False] * 3


def test_a_new_stamp_is_told_once_when_it_has_settled():
    changes = Changes(OLD)
    assert [changes(NEW) for _ in range(3)] == [False, True, False]


def test_a_file_that_is_being_written_is_waited_for():
    changes = Changes(OLD)
    assert [changes(stamp) for stamp in (NEW, NEWER, NEWER)] == [False, False, True]


def test_a_file_that_is_gone_is_no_change_and_coming_back_as_it_was_is_none_either():
    changes = Changes(OLD)
    assert [changes(stamp) for stamp in (None, None, OLD, OLD)] == [False] * 4


def test_another_file_after_a_gap_is_a_change():
    changes = Changes(OLD)
    assert [changes(stamp) for stamp in (None, NEW, NEW)] == [False, False, True]


def test_a_change_and_its_taking_back_between_two_looks_is_none():
    changes = Changes(OLD)
    assert [changes(stamp) for stamp in (NEW, OLD, OLD)] == [False] * 3


@pytest.mark.parametrize("asked", [True, False])
def test_it_reloads_when_it_is_asked_to_and_when_a_look_finds_a_change(asked):
    reloaded, looks = threading.Event(), iter([True])
    pause = 30.0 if asked else 0.0
    with Reloading(reloaded.set, lambda: next(looks, False), pause) as reloading:
        if asked:
            reloading.ask()
        assert reloaded.wait(30)


def test_a_signals_handler_may_ask_while_it_is_asked():
    count = threading.Semaphore(0)
    with Reloading(count.release, lambda: False, 30.0) as reloading:
        before = signal.signal(signal.SIGUSR1, lambda *_: reloading.ask())
        try:
            for _ in range(50):
                signal.raise_signal(signal.SIGUSR1)
        finally:
            signal.signal(signal.SIGUSR1, before)
        assert all(count.acquire(timeout=30) for _ in range(50))
