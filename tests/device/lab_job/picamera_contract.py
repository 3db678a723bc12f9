"""What tests/edge/sources/test_picamera.py asks of its fake, asked of the real Picamera2."""

import itertools
import threading
import time
import types
from contextlib import closing

import numpy as np
import pictures
from checks import check
from virtual_picamera2 import Picamera2, module

from edge.errors import Absent, LocalizerError, Refused
from edge.source_options import SourceOptions
from edge.sources import picamera

PATIENCE = 60.0  # seconds; under emulation a picture takes its time
NEAR = 8  # levels of 255, of what JPEG and the halved colours leave
SCENES, CHART = range(2)


def opened(model, **options):
    """The camera that calls itself so, by the number that edge-run lists."""
    numbers = {name: number for number, name in picamera.cameras(module).items()}
    return closing(
        picamera.frames(numbers[model], module=module, **{"timeout": PATIENCE, **options})
    )


def taken(source, count):
    return list(itertools.islice(source, count))


def raises(kind, part, source):
    try:
        next(source)
    except kind as error:
        assert part in str(error), f"it says: {error}"
    else:
        raise AssertionError("it raised nothing")


def bands(picture):
    """The mean colour of the middle of each band of the chart."""
    height, width = picture.shape[:2]
    count = len(pictures.CHART)
    edges = [width * band // count for band in range(count + 1)]
    quarter = width // count // 4
    return [
        picture[height // 4 : -height // 4, left + quarter : right - quarter].mean((0, 1))
        for left, right in itertools.pairwise(edges)
    ]


def shown(picture):
    """Which scene the picture is, by its middle and by where it is lit."""
    height, width = picture.shape[:2]
    for number, (label, box) in enumerate(pictures.SCENES):
        lit = pictures.within(box, width, height)
        inside = picture[lit].mean(0)
        if np.abs(inside - pictures.COLOURS[label]).max() < NEAR and picture[~lit].mean() < NEAR:
            return number
    return None


class Dying(Picamera2):
    """Its own thread dies after three frames, as a fault in picamera2 or a callback makes it."""

    left = 3

    def process_requests(self, display):
        Dying.left -= 1
        if Dying.left < 0:
            raise RuntimeError("this thread was meant to die")
        super().process_requests(display)


with check("both cameras are listed under what they call themselves"):
    listed = picamera.cameras(module)
    assert sorted(listed.values()) == sorted(pictures.MODELS), listed

with (
    check("the number of a camera opens the camera that was listed under it"),
    opened(pictures.MODELS[CHART]) as source,
):
    seen = bands(next(source).pixels)
    assert np.abs(np.array(seen) - pictures.CHART).max() < NEAR, np.round(seen).tolist()

with (
    check("frames are RGB in the colours of what the camera was shown"),
    opened(pictures.MODELS[SCENES]) as source,
):
    frames = taken(source, 40)
    assert {frame.pixels.shape for frame in frames} == {(480, 640, 3)}
    assert {shown(frame.pixels) for frame in frames} == {0, 1}, [shown(f.pixels) for f in frames]

with check("40 frames are numbered without a gap, ten times as many as there are buffers"):
    assert [frame.index for frame in frames] == list(range(40))

with check("sensor timestamps advance from frame to frame"):
    stamps = [frame.sequence for frame in frames]
    assert all(one < other for one, other in itertools.pairwise(stamps)), stamps
    moments = [frame.captured_at for frame in frames]
    assert all(one < other for one, other in itertools.pairwise(moments)), moments

with check("a sensor timestamp is a moment of the near past on the monotonic clock"):
    ages = [time.monotonic() - frame.captured_at for frame in frames]
    assert all(0.0 <= age < 120.0 for age in ages), ages

with check("without a model's size there is no second stream"):
    assert all(frame.small is None for frame in frames)

with (
    check("the second stream has its own size and nothing of the padding of its rows"),
    opened(pictures.MODELS[SCENES], wanted=(224, 224)) as source,
):
    both = taken(source, 20)
    assert {frame.small.shape for frame in both} == {(288, 384, 3)}
    assert {frame.pixels.shape for frame in both} == {(480, 640, 3)}

with check("the second stream shows the moment and the place that the first shows"):
    pairs = {(shown(frame.pixels), shown(frame.small)) for frame in both}
    assert pairs == {(0, 0), (1, 1)}, pairs

with (
    check("black, greys, white and colours are the same in both streams"),
    opened(pictures.MODELS[CHART], wanted=(224, 224)) as source,
):
    frame = next(source)
    for picture in (frame.pixels, frame.small):
        seen = bands(picture)
        assert np.abs(np.array(seen) - pictures.CHART).max() < NEAR, np.round(seen).tolist()

with (
    check("a model that wants the whole picture gets it"),
    opened(pictures.MODELS[SCENES], wanted=(640, 480)) as source,
):
    assert next(source).small is None

with check("closing frees the camera: it opens again, five times in a row"):
    for _ in range(5):
        with opened(pictures.MODELS[SCENES], wanted=(32, 32)) as source:
            assert next(source).small.shape == (96, 128, 3)
    assert not [thread for thread in threading.enumerate() if thread.name == "close camera"]

with (
    check("a camera that is in use is told, and works on"),
    opened(pictures.MODELS[SCENES]) as source,
):
    next(source)
    with opened(pictures.MODELS[SCENES]) as second:
        raises(LocalizerError, "cannot be opened", second)
    assert len(taken(source, 8)) == 8

with check("a number that is not listed is absent"):
    raises(Absent, "camera 7 cannot be opened", picamera.frames(7, module=module))

with check("an exposure that the camera does not have is refused, and the camera is free again"):
    with opened(pictures.MODELS[SCENES], options=SourceOptions(exposure=8.0)) as source:
        raises(Refused, "no exposure that can be set", source)
    with opened(pictures.MODELS[SCENES]) as source:
        next(source)

with (
    check("a slow rate leaves frames out and stalls nothing"),
    opened(pictures.MODELS[SCENES], options=SourceOptions(fps=2.0)) as source,
):
    moments = [frame.captured_at for frame in taken(source, 8)]
    # Seven halves of a second; a frame that emulation made late is followed by an early one.
    assert 3.0 < moments[-1] - moments[0] < 15.0, moments

with check("a camera whose own thread has died is told after the timeout"):
    source = picamera.frames(0, module=types.SimpleNamespace(Picamera2=Dying), timeout=5.0)
    start = time.monotonic()
    raises(LocalizerError, "gave no frame for 5 s", itertools.islice(source, 99, None))
    assert time.monotonic() - start < 30.0

with (
    check("and it opens again in the same process"),
    closing(picamera.frames(0, module=module, timeout=PATIENCE)) as source,
):
    next(source)
