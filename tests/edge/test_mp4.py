import errno
import os
import struct

import cv2
import numpy as np
import pytest

from edge.mp4 import Fragments, read_clip


@pytest.fixture
def encoded(clip):
    """A maker of clips as OpenCV writes them: frame N is a flat grey of 20 N mod 240."""
    return lambda frames: clip(frames).read_bytes()


def kinds(path):
    """The boxes of a file, outermost only."""
    content, at, names = path.read_bytes(), 0, []
    while at < len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        if length == 1:
            (length,) = struct.unpack_from(">Q", content, at + 8)
        names.append(name.decode())
        at += length
    return names


def greys(frames):
    return [round(float(frame.mean()) / 20) for frame in frames]


def test_a_clip_is_taken_apart(encoded):
    clip = read_clip(encoded(25))
    assert clip.size == (64, 48)
    assert clip.timescale / clip.duration == 25
    assert len(clip.sizes) == 25 and sum(clip.sizes) == len(clip.data)


def test_pictures_that_need_those_before_them_are_told_apart(tmp_path, frames_of):
    code = cv2.VideoWriter.fourcc(*"mp4v")
    writer = cv2.VideoWriter(str(tmp_path / "still.mp4"), cv2.CAP_FFMPEG, code, 25.0, (64, 48))
    for _ in range(5):
        writer.write(np.full((48, 64, 3), 100, np.uint8))
    writer.release()
    clip = read_clip((tmp_path / "still.mp4").read_bytes())
    assert clip.alone == {0}
    fragments = Fragments(tmp_path / "a.mp4")
    fragments.append(clip)
    fragments.append(clip)
    fragments.finish()
    content = (tmp_path / "a.mp4").read_bytes()
    table = content.rindex(b"stss") + 8
    assert struct.unpack_from(">3I", content, table) == (2, 1, 6)  # two: the first and the sixth


@pytest.mark.parametrize(
    "spoil", [lambda data: b"", lambda data: data[:500], lambda data: data[:-400]]
)
def test_what_is_no_whole_clip_is_refused(spoil, encoded):
    with pytest.raises(ValueError, match="this (is no )?MP4"):
        read_clip(spoil(encoded(5)))


def test_fragments_play_before_they_are_finished(encoded, tmp_path, frames_of):
    path, clip = tmp_path / "a.mp4", read_clip(encoded(5))
    fragments = Fragments(path)
    for _ in range(3):
        fragments.append(clip)
    assert kinds(path) == ["ftyp", "free", "moov"] + ["moof", "mdat"] * 3
    assert greys(frames_of(path)) == [0, 1, 2, 3, 4] * 3
    assert fragments.length == path.stat().st_size


def test_a_fragment_that_is_cut_off_costs_only_itself(encoded, tmp_path, frames_of):
    path, clip = tmp_path / "a.mp4", read_clip(encoded(5))
    fragments = Fragments(path)
    fragments.append(clip)
    fragments.append(clip)
    whole = fragments.length
    fragments.append(clip)
    os.truncate(path, whole + 30)  # inside the third moof
    assert greys(frames_of(path)) == [0, 1, 2, 3, 4] * 2


def test_finished_it_is_an_ordinary_mp4_with_one_index(encoded, tmp_path, frames_of):
    path = tmp_path / "a.mp4"
    fragments = Fragments(path)
    for count in (5, 5, 2):
        fragments.append(read_clip(encoded(count)))
    fragments.finish()
    assert kinds(path) == ["ftyp", "mdat", "moov"]
    assert greys(frames_of(path)) == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 12
    assert capture.get(cv2.CAP_PROP_FPS) == 25
    capture.set(cv2.CAP_PROP_POS_FRAMES, 8)
    assert greys([capture.read()[1]]) == [3]


def test_a_full_disk_leaves_what_was_whole(encoded, tmp_path, frames_of, monkeypatch):
    path, clip = tmp_path / "a.mp4", read_clip(encoded(5))
    fragments = Fragments(path)
    fragments.append(clip)
    real = os.write

    def half(descriptor, content):
        if len(content) > 100:
            return real(descriptor, content[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space left"):
        fragments.append(clip)
    with pytest.raises(OSError, match="No space left"):
        fragments.finish()
    monkeypatch.undo()
    assert path.stat().st_size == fragments.length
    assert greys(frames_of(path)) == [0, 1, 2, 3, 4]


def test_without_a_sample_the_file_is_empty(tmp_path):
    Fragments(tmp_path / "a.mp4").finish()
    assert (tmp_path / "a.mp4").read_bytes() == b""
