import numpy as np

from edge.loop import run
from edge.observation import Answer, Frame

PICTURE = np.zeros((2, 2, 3), np.uint8)


class Recorder(list):
    write = list.append


def test_every_frame_is_located_and_written_to_every_sink_in_order():
    frames = [Frame(np.full((2, 2, 3), n, np.uint8), n, captured_at=float(n)) for n in range(3)]
    one, other = Recorder(), Recorder()
    run(frames, lambda pixels: Answer(None, pixels[0, 0, 0] / 10), [one, other])
    assert [seen.frame.index for seen in one] == [0, 1, 2]
    assert [seen.answer.presence for seen in one] == [0.0, 0.1, 0.2]
    assert one == other


def test_the_answer_is_stamped_after_it_was_given():
    told = Recorder()
    clock = iter([10.5])
    run([Frame(PICTURE, 0, 10.0)], lambda _: Answer(None, 0), [told], now=lambda: next(clock))
    assert told[0].age_ms == 500


def test_no_frame_means_no_work():
    told = Recorder()
    run([], lambda _: Answer(None, 0), [told])
    assert told == []


def test_the_cameras_own_small_picture_is_what_the_model_sees():
    small = np.ones((1, 1, 3), np.uint8)
    seen = []

    def locate(pixels):
        seen.append(pixels)
        return Answer(None, 0)

    run([Frame(PICTURE, 0, 10.0, small=small)], locate, [])
    assert seen == [small]
