import os
import signal
import threading

import numpy as np
import pytest

from edge.latest import Latest
from edge.observation import Frame
from edge.stopping import Stopping

FRAMES = [Frame(np.zeros((1, 1, 3), np.uint8), index, 0.0) for index in range(3)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_frame_in_work_be_finished(number):
    worked = []
    with Stopping() as stopping:
        for frame in stopping.until_stopped(FRAMES):
            if frame.index == 1:
                signal.raise_signal(number)
            worked.append(frame.index)
    assert worked == [0, 1]


def test_a_signal_interrupts_the_wait_for_a_frame_and_the_source_is_closed():
    ended = []

    def source():
        try:
            yield FRAMES[0]
            signal.raise_signal(signal.SIGTERM)
            yield FRAMES[1]
        finally:
            ended.append(True)

    with Stopping() as stopping:
        assert [frame.index for frame in stopping.until_stopped(source())] == [0]
    assert ended == [True]


def test_a_signal_interrupts_the_wait_for_a_stalled_camera():
    released = threading.Event()

    def source():
        yield FRAMES[0]
        os.kill(os.getpid(), signal.SIGINT)
        released.wait(30.0)

    with Stopping() as stopping, Latest(source(), patience=0.0) as latest:
        indices = [frame.index for frame in stopping.until_stopped(latest)]
    assert indices in ([0], [])  # the signal may come before the first frame is taken
    released.set()


def test_a_signal_before_the_first_frame_leaves_the_source_alone():
    with Stopping() as stopping:
        signal.raise_signal(signal.SIGINT)
        assert list(stopping.until_stopped(FRAMES)) == []


def test_further_signals_are_ignored_while_files_are_closed():
    with Stopping() as stopping:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert stopping.stopped


def test_without_a_signal_every_frame_comes():
    with Stopping() as stopping:
        assert list(stopping.until_stopped(FRAMES)) == FRAMES


def test_afterwards_signals_mean_what_they_meant():
    before = signal.getsignal(signal.SIGINT)
    with Stopping():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before


@pytest.fixture
def _hears_hangups():
    """As a process that was not started by nohup, whatever started the tests."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("_hears_hangups")
def test_a_lost_terminal_ends_it_and_without_one_the_same_signal_asks_to_reload():
    with Stopping(terminal=lambda: True) as stopping:
        signal.raise_signal(signal.SIGHUP)
    assert stopping.stopped
    asked = []
    with Stopping(terminal=lambda: False) as stopping:
        stopping.on_reload = lambda: asked.append(True)
        signal.raise_signal(signal.SIGHUP)
    assert asked == [True] and not stopping.stopped


def test_nohup_is_respected():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Stopping():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
