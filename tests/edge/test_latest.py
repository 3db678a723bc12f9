import threading

import numpy as np
import pytest

from edge.errors import LocalizerError
from edge.latest import Latest
from edge.observation import Frame

LONG = 30.0
"""Seconds after which a test that waits for an event has failed."""


def frame(index):
    return Frame(np.zeros((1, 1, 3), np.uint8), index, float(index))


def test_the_consumer_gets_the_newest_frame_and_each_at_most_once():
    first_taken, more_stored, rest_taken = (threading.Event() for _ in range(3))

    def source():
        yield frame(0)
        assert first_taken.wait(LONG)
        for index in (1, 2, 3):
            yield frame(index)
        more_stored.set()
        assert rest_taken.wait(LONG)

    with Latest(source()) as latest:
        frames = iter(latest)
        assert next(frames).index == 0
        first_taken.set()
        assert more_stored.wait(LONG)
        assert next(frames).index == 3
        rest_taken.set()
        assert list(frames) == []


def test_the_last_frame_is_delivered_before_the_end():
    ended = threading.Event()

    def source():
        try:
            yield frame(7)
        finally:
            ended.set()

    with Latest(source()) as latest:
        assert ended.wait(LONG)
        assert [seen.index for seen in latest] == [7]


def test_a_failing_capture_raises_in_the_consumer_after_the_last_good_frame():
    def source():
        yield frame(0)
        raise LocalizerError("the cable is out")

    seen = []
    with Latest(source()) as latest, pytest.raises(LocalizerError, match="the cable is out"):
        for one in latest:
            seen.append(one.index)
    assert seen == [0]


def test_a_source_that_cannot_be_opened_raises_in_the_consumer():
    def source():
        raise LocalizerError("no camera is there")
        yield

    with Latest(source()) as latest, pytest.raises(LocalizerError, match="no camera is there"):
        list(latest)


def test_the_thread_that_iterates_the_source_also_closes_it():
    threads = []

    def source():
        threads.append(threading.current_thread())
        try:
            index = 0
            while True:
                yield frame(index)
                index += 1
        finally:
            threads.append(threading.current_thread())

    with Latest(source(), patience=LONG) as latest:
        next(iter(latest))
    opened, closed = threads
    assert opened is closed is not threading.current_thread()


def test_closing_does_not_wait_for_a_read_that_never_returns():
    reading, released, closed = (threading.Event() for _ in range(3))

    def source():
        try:
            yield frame(0)
            reading.set()
            assert released.wait(LONG)  # a stalled driver
            yield frame(1)
        finally:
            closed.set()

    with Latest(source(), patience=0.0) as latest:
        assert reading.wait(LONG)
    assert not closed.is_set()
    assert list(latest) == []  # and nothing comes any more
    released.set()
    assert closed.wait(LONG)


def test_closing_before_the_first_frame_ends_the_consumer():
    released = threading.Event()

    def source():
        assert released.wait(LONG)
        yield frame(0)

    with Latest(source(), patience=0.0) as latest:
        consumed = []
        consumer = threading.Thread(target=lambda: consumed.extend(latest), daemon=True)
        consumer.start()
        latest.close()
        consumer.join(LONG)
        assert not consumer.is_alive()
    assert consumed == []
    released.set()


def test_a_pause_ends_the_wait_for_a_frame_and_a_later_iteration_goes_on():
    waiting, go_on = threading.Event(), threading.Event()

    def source():
        yield frame(0)
        waiting.set()
        assert go_on.wait(LONG)
        yield frame(1)

    with Latest(source()) as latest:
        assert next(iter(latest)).index == 0
        assert waiting.wait(LONG)
        pausing = threading.Timer(0.0, latest.pause)
        pausing.start()
        assert list(latest) == []
        assert list(latest) == []
        latest.resume()
        go_on.set()
        assert [one.index for one in latest] == [1]
