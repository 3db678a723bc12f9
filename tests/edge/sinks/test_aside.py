import threading

import pytest

from edge.errors import LocalizerError
from edge.sinks.aside import Aside, Hurry


class Slow:
    """Writes only when it is let."""

    def __init__(self):
        self.written = []
        self.busy = threading.Event()
        self.let = threading.Event()

    def write(self, observation):
        self.busy.set()
        assert self.let.wait(30)
        self.written.append(observation.frame.index)


class Failing:
    def __init__(self, error):
        self.error = error
        self.closed = threading.Event()

    def write(self, observation):
        raise self.error

    def close(self):
        self.closed.set()


def test_all_is_written_in_order_before_it_ends(seen):
    sink = Slow()
    sink.let.set()
    with Aside(sink, "slow", live=False) as aside:
        for index in range(100):
            aside.write(seen(index))
    assert sink.written == list(range(100))
    assert aside.dropped == 0


def test_a_live_loop_never_waits_and_the_oldest_are_dropped_and_counted(seen):
    sink, told = Slow(), []
    with Aside(sink, "slow", room=3, say=told.append) as aside:
        aside.write(seen(0))
        assert sink.busy.wait(30)  # 0 is being written, so the queue is empty
        for index in range(1, 11):
            aside.write(seen(index))
        sink.let.set()
    assert sink.written == [0, 8, 9, 10]
    assert aside.dropped == 7
    assert told == ["slow: 7 frames were dropped, because writing was slower than the frames came"]


def test_a_window_that_shows_fewer_frames_is_no_news(seen):
    sink, told = Slow(), []
    with Aside(sink, "window", room=1, say=told.append, tell_drops=False) as aside:
        for index in range(5):
            aside.write(seen(index))
        sink.let.set()
    assert aside.dropped >= 3 and told == []


def test_a_film_waits_for_room_and_loses_nothing(seen):
    sink = Slow()
    with Aside(sink, "slow", room=2, live=False) as aside:
        aside.write(seen(0))
        assert sink.busy.wait(30)
        threading.Timer(0.0, sink.let.set).start()
        for index in range(1, 20):
            aside.write(seen(index))
    assert sink.written == list(range(20))


def test_a_signal_frees_a_film_that_waits_for_room_and_nothing_is_lost(seen):
    sink, stop = Slow(), threading.Event()
    with Aside(sink, "slow", room=1, live=False, hurry=Hurry(stop.is_set)) as aside:
        aside.write(seen(0))
        assert sink.busy.wait(30)
        aside.write(seen(1))
        stop.set()
        aside.write(seen(2))  # would wait for ever
        sink.let.set()
    assert sink.written == [0, 1, 2]


def test_after_a_signal_a_sink_that_does_not_return_is_left_behind(seen):
    sink = Slow()
    clock = iter([0.0, 0.0])
    hurry = Hurry(lambda: True, now=lambda: next(clock, Hurry.leave_s))
    with Aside(sink, "slow", hurry=hurry) as aside:
        aside.write(seen(0))
        assert sink.busy.wait(30)
    assert sink.written == []
    sink.let.set()


def test_a_slow_sink_drops_its_queue_after_a_signal_so_that_its_file_is_closed(seen):
    sink, closed, hurry = Slow(), threading.Event(), Hurry()
    since = [0.0]
    hurry.seconds = lambda: since[0]

    class Slowly:
        def write(self, observation):
            sink.write(observation)
            since[0] += 0.3  # a write takes that long; 0.4 s are given

    with Aside(Slowly(), "slow", close=closed.set, hurry=hurry) as aside:
        for index in range(5):
            aside.write(seen(index))
        assert sink.busy.wait(30)
        sink.let.set()
    # 0 ends at 0.3 s, from where 0.4 s count; 1 ends at 0.6, 2 at 0.9
    assert sink.written == [0, 1, 2] and aside.dropped == 2
    assert closed.is_set()


def test_with_a_patience_the_end_comes_also_without_a_signal(seen):
    sink = Slow()
    with Aside(sink, "slow", patience=0.0) as aside:
        aside.write(seen(0))
        assert sink.busy.wait(30)
    assert sink.written == []
    sink.let.set()


def test_only_what_is_wanted_is_queued(seen):
    sink = Slow()
    sink.let.set()
    with Aside(sink, "slow", wanted=lambda observation: observation.frame.index % 2) as aside:
        for index in range(4):
            aside.write(seen(index))
    assert sink.written == [1, 3]


def test_the_sink_is_closed_in_the_thread_that_wrote(seen):
    threads = []
    sink = type("Sink", (), {"write": lambda *_: threads.append(threading.current_thread())})()
    with Aside(sink, "s", close=lambda: threads.append(threading.current_thread())) as aside:
        aside.write(seen())
    assert len(threads) == 2 and threads[0] is threads[1] is not threading.current_thread()


def test_a_live_run_survives_a_full_disk_which_is_told_once_and_raised_at_the_end(seen):
    told, heard = [], threading.Event()

    def say(sentence):
        told.append(sentence)
        heard.set()

    sink = Failing(LocalizerError("the disk is full; make room"))
    with (
        pytest.raises(LocalizerError, match="the disk is full"),
        Aside(sink, "record", close=sink.close, say=say) as aside,
    ):
        aside.write(seen(0))
        assert heard.wait(30)
        aside.write(seen(1))
        aside.write(seen(2))
    assert sink.closed.is_set()
    assert told[0] == "record ends here, the rest goes on: the disk is full; make room"
    assert aside.dropped == 2


@pytest.mark.parametrize(
    ("error", "live"), [(LocalizerError("the disk is full"), False), (BrokenPipeError(), True)]
)
def test_a_film_whose_output_fails_and_a_pipe_whose_reader_left_end_the_run(error, live, seen):
    sink = Failing(error)
    with pytest.raises(type(error)), Aside(sink, "json", close=sink.close, live=live) as aside:
        aside.write(seen(0))
        assert sink.closed.wait(30)
        aside._thread.join()
        aside.write(seen(1))


def test_what_went_wrong_in_the_loop_is_not_buried(seen):
    sink = Failing(LocalizerError("the disk is full"))
    with (
        pytest.raises(LocalizerError, match="the cable is out"),
        Aside(sink, "json", close=sink.close) as aside,
    ):
        aside.write(seen(0))
        assert sink.closed.wait(30)
        raise LocalizerError("the cable is out")


def test_the_hurry_begins_with_the_signal():
    stop, clock = threading.Event(), [10.0]
    hurry = Hurry(stop.is_set, now=lambda: clock[0])
    assert hurry.seconds() == 0
    stop.set()
    assert 0 < hurry.seconds() < 1e-6
    clock[0] = 10.5
    assert hurry.seconds() == 0.5
