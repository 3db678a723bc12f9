import numpy as np
import pytest

from edge.bench.camera import Camera, Memory, frames, pictures

BLACK = np.zeros((2, 2, 3), np.uint8)


class Clock:
    """A clock that goes on only while somebody sleeps or works."""

    time = 10.0

    def __call__(self):
        return self.time

    def work(self, seconds):
        self.time += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def camera(clock):
    """A camera that takes a picture every second from 11.0 on."""

    def build(ticks=10, **options):
        return Camera([BLACK], ticks, 1.0, now=clock, sleep=clock.work, **options)

    return build


def test_pictures_are_as_a_webcam_gives_them():
    assert {picture.shape for picture in pictures()} == {(480, 640, 3)}


def test_memory_gives_as_many_as_are_asked_for_each_taken_now(clock):
    memory = Memory([BLACK], 2, now=clock)
    assert [memory.read()[1], memory.read()[1]] == [10.0, 10.0]
    assert memory.read() is None


def test_a_read_blocks_until_the_next_picture_is_taken(camera, clock):
    one = camera()
    taken = []
    for _ in range(3):
        taken.append(one.read()[1])
        assert clock.time == taken[-1]
        clock.work(0.4)
    assert taken == [11.0, 12.0, 13.0]


def test_a_slow_reader_gets_what_the_driver_kept(camera, clock):
    one = camera(buffers=2)
    assert one.read()[1] == 11.0
    clock.work(4.5)  # pictures are taken at 12, 13, 14 and 15; the driver keeps two
    assert [one.read()[1], one.read()[1]] == [12.0, 13.0]
    assert clock.time == 15.5
    assert one.read()[1] == clock.time == 16.0


def test_a_transfer_blocks_although_a_picture_waits(camera, clock):
    one = camera(transfer=0.5)
    assert one.read()[1] == 11.0
    assert clock.time == 11.5
    clock.work(1.0)  # at 12 one was taken
    assert one.read()[1] == 12.0
    assert clock.time == 13.0


def test_after_its_last_picture_a_camera_ends(camera):
    one = camera(ticks=2)
    assert [one.read()[1], one.read()[1], one.read()] == [11.0, 12.0, None]


def test_frames_are_rgb_and_counted(clock):
    blue = np.full((2, 2, 3), (255, 0, 0), np.uint8)  # B, G, R
    first, second = frames(Memory([blue], 2, now=clock))
    assert first.pixels[0, 0].tolist() == [0, 0, 255]
    assert (first.index, second.index, first.captured_at) == (0, 1, 10.0)
