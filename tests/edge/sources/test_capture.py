import pytest

from edge.sources.capture import tries_to_grab


class Capture:
    """Grabs as told; each grab takes so many seconds."""

    def __init__(self, *answers, seconds=0.0):
        self.answers = list(answers)
        self.seconds = seconds
        self.now = 0.0

    def grab(self):
        self.now += self.seconds
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ("answers", "tries"),
    [((True,), 1), ((False, True), 2), ((False, False, True), 3), ((False,) * 3, 0)],
)
def test_after_a_broken_packet_the_next_is_tried(answers, tries):
    capture = Capture(*answers)
    assert tries_to_grab(capture, lambda: capture.now) == tries


def test_after_a_refusal_that_took_long_no_other_is_waited_for():
    capture = Capture(False, True, seconds=2.0)
    assert tries_to_grab(capture, lambda: capture.now) == 0
    assert capture.answers == [True]
