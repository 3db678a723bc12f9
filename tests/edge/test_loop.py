import sys
import threading

import numpy as np
import pytest

from edge.errors import LocalizerError
from edge.loop import run
from edge.observation import Answer, Frame

PICTURE = np.zeros((2, 2, 3), np.uint8)
LONG = 30.0
"""Seconds after which a test that waits for an event has failed."""


class Recorder(list):
    write = list.append


class Steps:
    """A localizer of three functions; each passes on what it gets unless one is given."""

    def __init__(self, prepare=lambda image: image, infer=lambda image: image, decode=None):
        self.prepare, self.infer = lambda image, whole: prepare(image), infer
        self.decode = decode or (lambda image: Answer(None, float(image[0, 0, 0])))


def frames(count):
    """Frame N is of the grey N."""
    return [Frame(np.full((2, 2, 3), n, np.uint8), n, captured_at=float(n)) for n in range(count)]


@pytest.fixture(params=[False, True], ids=["at once", "late"])
def late(request):
    return request.param


def test_every_frame_is_located_and_written_to_every_sink_in_order(late):
    one, other = Recorder(), Recorder()
    run(frames(50), Steps(), [one, other], late)
    assert [seen.frame.index for seen in one] == list(range(50))
    assert [seen.answer.presence for seen in one] == list(range(50))
    assert one == other


def test_the_answer_is_stamped_after_it_was_given():
    told = Recorder()
    clock = iter([10.5])
    run([Frame(PICTURE, 0, 10.0)], Steps(), [told], now=lambda: next(clock))
    assert told[0].age_ms == 500


def test_a_thread_waits_less_than_an_inference_for_its_turn_while_the_loop_runs():
    before, meanwhile = sys.getswitchinterval(), []
    run([Frame(PICTURE, 0, 0.0)], Steps(infer=lambda _: meanwhile.append(sys.getswitchinterval()),
                                        decode=lambda _: Answer(None, 0.0)), [])  # fmt: skip
    assert meanwhile == [pytest.approx(0.0005)]
    assert sys.getswitchinterval() == before


def test_no_frame_means_no_work(late):
    told = Recorder()
    run([], Steps(), [told], late)
    assert told == []


def test_the_next_frame_is_prepared_while_one_is_inferred():
    next_prepared = threading.Event()

    def prepare(image):
        if image[0, 0, 0] == 1:
            next_prepared.set()
        return image

    def infer(image):
        if image[0, 0, 0] == 0:
            assert next_prepared.wait(LONG)
        return image

    told = Recorder()
    run(frames(2), Steps(prepare, infer), [told])
    assert len(told) == 2


def test_the_sinks_are_served_while_the_next_frame_is_inferred():
    next_inferred = threading.Event()

    def infer(image):
        if image[0, 0, 0] == 1:
            next_inferred.set()
        return image

    class Slow:
        def write(self, observation):
            if observation.frame.index == 0:
                assert next_inferred.wait(LONG)

    run(frames(2), Steps(infer=infer), [Slow()])


def test_no_more_frames_are_taken_than_the_stages_hold(late):
    # The sink holds one, one is inferred and one prepared: the source is at most three ahead.
    written = []
    taken = []

    def source():
        for frame in frames(30):
            taken.append(frame.index)
            assert frame.index - len(written) <= 3
            yield frame

    class Sink:
        def write(self, observation):
            written.append(observation.frame.index)

    run(source(), Steps(), [Sink()], late)
    assert written == taken == list(range(30))


def test_a_prepared_picture_is_inferred_before_the_one_after_the_next_is_prepared(late):
    # so that two buffers are enough for the localizer
    prepared, inferred = [], []

    def prepare(image):
        assert len(prepared) - len(inferred) <= 1
        prepared.append(image)
        return image

    def infer(image):
        inferred.append(image)
        return image

    run(frames(30), Steps(prepare, infer), [], late)
    assert len(inferred) == 30


@pytest.mark.parametrize("stage", ["prepare", "infer", "decode"])
def test_what_a_stage_raises_is_raised_in_the_caller(stage, late):
    def broken(_):
        raise LocalizerError(f"{stage} is broken")

    with pytest.raises(LocalizerError, match=f"{stage} is broken"):
        run(frames(9), Steps(**{stage: broken}), [], late)


def test_what_a_sink_raises_is_raised_in_the_caller_and_nothing_more_is_written(late):
    written = []

    class Closed:
        def write(self, observation):
            written.append(observation.frame.index)
            if observation.frame.index == 2:
                raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run(frames(30), Steps(), [Closed()], late)
    assert written == [0, 1, 2]


def test_frames_before_a_source_failed_are_still_written(late):
    def source():
        yield from frames(4)
        raise LocalizerError("the cable is out")

    told = Recorder()
    with pytest.raises(LocalizerError, match="the cable is out"):
        run(source(), Steps(), [told], late)
    assert [seen.frame.index for seen in told] == [0, 1, 2, 3]


def test_the_frames_are_taken_in_the_callers_thread():
    threads = set()

    def source():
        threads.add(threading.current_thread())
        yield from frames(3)

    run(source(), Steps(), [])
    assert threads == {threading.current_thread()}


def test_no_thread_is_left_behind(late):
    before = set(threading.enumerate())
    run(frames(3), Steps(), [], late)
    assert set(threading.enumerate()) <= before


def test_the_model_sees_the_cameras_own_small_picture_and_a_closer_look_the_whole_one():
    small = np.ones((1, 1, 3), np.uint8)
    seen = []

    def prepare(image, whole):
        seen.append((image, whole))
        return image

    steps = Steps()
    steps.prepare = prepare
    run([Frame(PICTURE, 0, 10.0, small=small)], steps, [])
    ((image, whole),) = seen
    assert image is small and whole is PICTURE
