import threading
from types import SimpleNamespace

import pytest

from edge.errors import Absent, Refused
from edge.feed import Feed, what_feeds
from edge.outputs import Outputs
from edge.request import Request
from edge.source_options import SourceOptions

MODEL = SimpleNamespace(size=(32, 32))


def request(fps=None, **options):
    return Request(SourceOptions(fps=fps), Outputs(), **options)


def test_a_camera_goes_on_with_its_newest_frame_after_a_pause():
    feed = Feed(request(camera="fake:dark"), MODEL, print)
    feed.open()
    first = next(iter(feed.frames())).index
    feed.pause()
    assert list(feed.frames()) == []
    feed.resume()
    assert next(iter(feed.frames())).index > first
    feed.close()
    assert list(feed.frames()) == []


def test_a_film_goes_on_with_its_next_frame(clip):
    feed = Feed(request(video=clip(3)), MODEL, print)
    feed.open()
    assert next(iter(feed.frames())).index == 0
    feed.pause()
    feed.resume()
    assert [frame.index for frame in feed.frames()] == [1, 2]
    feed.close()


def test_closing_it_ends_the_wait_for_a_slow_cameras_frame():
    feed = Feed(request(camera="fake:dark", fps=0.01), MODEL, print)
    feed.open()
    threading.Timer(0.0, feed.close).start()
    assert len(list(feed.frames())) <= 1  # it may be at once


def test_a_camera_that_is_not_there_cannot_take_a_place():
    with pytest.raises(Absent, match="/dev/video77 is not there"):
        Feed(request(camera="/dev/video77"), MODEL, print, patient=True)


def test_an_empty_camera_is_not_taken_for_any_that_is_there():
    with pytest.raises(Refused, match=r"--camera takes auto, .*Received: $"):
        Feed(request(camera=""), MODEL, print)


def test_what_feeds_is_another_for_another_camera_view_or_size_of_model():
    same = what_feeds(request(camera="fake:dark"), MODEL)
    assert same == what_feeds(request(camera="fake:dark", threads=2), MODEL)
    assert same != what_feeds(request(camera="fake:shapes"), MODEL)
    assert same != what_feeds(request(camera="fake:dark", fps=5), MODEL)
    assert same != what_feeds(request(camera="fake:dark"), SimpleNamespace(size=(64, 64)))
