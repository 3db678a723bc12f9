import numpy as np
import pytest

from edge.errors import Absent, LocalizerError
from edge.source_options import SourceOptions
from edge.sources.fake import SCENES, FakeCamera, picture, true_box


class Clock:
    """Time passes only in waits."""

    def __init__(self, now=100.0):
        self.now = now

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.now += seconds
        return False


def camera(scene, clock, **options):
    fake = FakeCamera(scene, now=clock, block=clock.wait)
    return fake.frames(SourceOptions(**options), None, clock.wait)


def first(source, count):
    return [next(source) for _ in range(count)]


@pytest.mark.parametrize("scene", ["shapes", "rectangle", "leaves", "sizes"])
@pytest.mark.parametrize("index", [0, 7, 100, 200, 1134])
def test_the_true_box_is_where_the_object_is_drawn(scene, index):
    drawn = picture(scene, index).astype(int)
    nothing = {"rectangle": picture("dark", index)}.get(scene, picture("leaves", 120))
    if drawn.shape != nothing.shape:
        nothing = picture("leaves", 120, size=(320, 240))
    box = true_box(scene, index)
    changed = np.argwhere(np.abs(drawn - nothing).max(axis=2) > 40)
    height, width = drawn.shape[:2]
    (top, left), (bottom, right) = changed.min(axis=0), changed.max(axis=0) + 1
    edges = (left / width, top / height, right / width, bottom / height)
    assert box.edges == pytest.approx(edges, abs=2 / min(width, height))


def test_where_nothing_is_shown_there_is_no_box():
    assert true_box("dark", 5) is None
    assert true_box("leaves", 119) is not None
    assert true_box("leaves", 120) is None
    assert true_box("leaves", 180) is not None


@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_draws_the_same_for_the_same_seed(scene):
    one, other = (picture(scene, 50, size=(64, 48), seed=3) for _ in range(2))
    assert np.array_equal(one, other)
    assert one.dtype == np.uint8


def test_another_seed_is_another_background():
    one, other = (picture("shapes", 0, size=(64, 48), seed=seed) for seed in (1, 2))
    assert not np.array_equal(one, other)


def test_darkness_and_a_frozen_camera_repeat_their_bytes():
    assert not picture("dark", 3).any()
    assert not np.array_equal(picture("frozen", 89), picture("frozen", 90))
    assert np.array_equal(picture("frozen", 90), picture("frozen", 4000))
    assert true_box("frozen", 90) == true_box("frozen", 4000)


def test_frames_come_at_the_rate_and_size_that_are_asked_for():
    clock = Clock()
    frames = first(camera("shapes", clock, fps=4.0, size=(64, 48)), 3)
    assert [frame.captured_at for frame in frames] == [100.0, 100.25, 100.5]
    assert [(frame.index, frame.sequence) for frame in frames] == [(0, 0), (1, 1), (2, 2)]
    assert frames[0].pixels.shape == (48, 64, 3)


def test_frames_that_nobody_took_in_time_are_skipped():
    clock = Clock()
    source = camera("shapes", clock, fps=10.0, size=(64, 48))
    next(source)
    clock.now += 1.05
    frame = next(source)
    assert frame.index == 10
    assert clock() - frame.captured_at == pytest.approx(0.05)


def test_the_scene_goes_on_while_the_camera_is_closed():
    clock = Clock()
    fake = FakeCamera("shapes", now=clock)
    options = SourceOptions(fps=10.0, size=(64, 48))
    assert next(fake.frames(options, None, clock.wait)).index == 0
    clock.now += 2.0
    assert next(fake.frames(options, None, clock.wait)).index == 20


def test_the_end_of_the_run_ends_it():
    assert list(FakeCamera("shapes").frames(SourceOptions(), None, lambda _: True)) == []


def test_a_lost_camera_is_absent_until_it_is_back():
    clock = Clock()
    source = camera("lost", clock, fps=10.0, size=(64, 48))
    assert [frame.index for frame in first(source, 90)] == list(range(90))
    with pytest.raises(Absent):
        next(source)


def test_a_stalled_camera_blocks_ten_seconds_and_fails():
    clock = Clock()
    source = camera("stalled", clock, fps=10.0, size=(64, 48))
    first(source, 90)
    with pytest.raises(LocalizerError, match="gave no frame for 10 s"):
        next(source)
    assert clock() == pytest.approx(100 + 9 + 10)


def test_the_size_changes_where_the_scene_says_so():
    assert picture("sizes", 29).shape == (480, 640, 3)
    assert picture("sizes", 30).shape == (240, 320, 3)
    assert true_box("sizes", 30) is not None
