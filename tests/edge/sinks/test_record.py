import re
from datetime import datetime

import numpy as np
import pytest

from edge.errors import LocalizerError
from edge.sinks.record import Limit, Recording, fitted, named_by_time


def flat(height, width, value=200):
    return np.full((height, width, 3), value, np.uint8)


def test_each_frame_is_written_once_with_its_box(tmp_path, seen, frames_of):
    path = tmp_path / "out.mp4"
    with Recording(path, rate=10) as recording:
        for index in range(5):
            recording.write(seen(index, pixels=flat(48, 64, 0)))
    frames = frames_of(path)
    assert len(frames) == 5
    assert frames[0].shape == (48, 64, 3)
    assert frames[0].max() > 100  # the box on black
    assert [file.name for file in tmp_path.iterdir()] == ["out.mp4"]


def test_the_video_has_its_name_only_when_it_is_whole(tmp_path, seen):
    path = tmp_path / "out.mp4"
    with Recording(path, rate=10) as recording:
        recording.write(seen())
        assert not path.exists()
        assert (tmp_path / "out.part.mp4").exists()
    assert path.exists()


def test_frames_of_another_size_are_fitted_in(tmp_path, seen, frames_of):
    path = tmp_path / "out.mp4"
    with Recording(path, rate=10) as recording:
        for size in ((48, 64), (64, 48), (10, 300), (1, 1), (101, 77)):
            recording.write(seen(pixels=flat(*size), found=False))
    assert [frame.shape for frame in frames_of(path)] == [(48, 64, 3)] * 5


@pytest.mark.parametrize(
    ("size", "recorded"),
    [((33, 51), (32, 52)), ((1, 1), (2, 2)), ((4000, 3000), (1920, 1440))],
)
def test_odd_and_large_sizes_become_what_a_player_takes(size, recorded, tmp_path, seen, frames_of):
    path = tmp_path / "out.mp4"
    with Recording(path, rate=10) as recording:
        recording.write(seen(pixels=flat(*size), found=False))
    assert frames_of(path)[0].shape[:2] == recorded


def test_bars_are_black_and_the_picture_is_in_the_middle():
    image = fitted(flat(10, 20), 40, 40)  # twice as large: 40 x 20, with 10 rows above and below
    assert not image[:10].any() and not image[30:].any()
    assert (image[10:30] == 200).all()


def test_a_live_recording_plays_at_the_speed_of_life(tmp_path, seen, frames_of):
    path = tmp_path / "out.mp4"
    with Recording(path, rate=30, live=True) as recording:
        for captured_at in (0.0, 0.1, 0.2, 1.0):  # 1 + 3 + 3 + 24 thirtieths
            recording.write(seen(captured_at=captured_at))
    assert len(frames_of(path)) == 31


def test_a_live_recording_leaves_out_frames_that_come_too_fast(tmp_path, seen, frames_of):
    path = tmp_path / "out.mp4"
    with Recording(path, rate=10, live=True) as recording:
        for number in range(61):
            recording.write(seen(captured_at=number / 60))
    assert len(frames_of(path)) == pytest.approx(11, abs=1)  # one second and its first frame


def test_a_long_gap_of_a_live_camera_is_shortened_to_a_second(tmp_path, seen, frames_of):
    path = tmp_path / "out.mp4"
    with Recording(path, rate=10, live=True) as recording:
        recording.write(seen(captured_at=0.0))
        recording.write(seen(captured_at=3600.0))
    assert len(frames_of(path)) == 11


def test_without_a_frame_no_file_is_left(tmp_path):
    with Recording(tmp_path / "out.mp4", rate=10):
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_refused_and_kept(tmp_path):
    (tmp_path / "out.mp4").write_text("precious")
    with pytest.raises(LocalizerError, match=r"out\.mp4 exists and --record overwrites nothing; "):
        Recording(tmp_path / "out.mp4", rate=10)
    assert (tmp_path / "out.mp4").read_text() == "precious"


def test_a_file_that_appears_meanwhile_is_kept_too(tmp_path, seen):
    recording = Recording(tmp_path / "out.mp4", rate=10)
    recording.write(seen())
    (tmp_path / "out.mp4").write_text("precious")
    with pytest.raises(LocalizerError, match="exists and --record"):
        recording.close()
    assert (tmp_path / "out.mp4").read_text() == "precious"


def test_an_absent_folder_is_told_at_once(tmp_path):
    with pytest.raises(LocalizerError, match=r"out\.mp4 cannot be written: No such file"):
        Recording(tmp_path / "none" / "out.mp4", rate=10)


def test_another_kind_of_video_is_refused(tmp_path):
    with pytest.raises(LocalizerError, match=r"--record writes MP4. Received: .*out\.avi; end its"):
        Recording(tmp_path / "out.avi", rate=10)


def test_what_went_wrong_first_is_not_buried(tmp_path, seen):
    with (
        pytest.raises(LocalizerError, match="the cable is out"),
        Recording(tmp_path / "out.mp4", rate=10) as recording,
    ):
        recording.write(seen())
        (tmp_path / "out.mp4").touch()  # so that closing fails too
        raise LocalizerError("the cable is out")
    assert (tmp_path / "out.mp4").stat().st_size == 0


def test_a_recording_that_was_cut_off_is_kept_and_plays(tmp_path, seen, frames_of):
    cut_off = Recording(tmp_path / "out.mp4", rate=1)
    for index in range(5):  # two fragments of two seconds; the fifth frame is lost
        cut_off.write(seen(index))
    del cut_off  # as the end of its process would
    with pytest.raises(
        LocalizerError, match=r"out\.part\.mp4 is what an earlier recording left .* it plays; move"
    ):
        Recording(tmp_path / "out.mp4", rate=1)
    assert len(frames_of(tmp_path / "out.part.mp4")) == 4


def test_an_empty_rest_of_an_earlier_try_does_not_hinder(tmp_path, seen):
    (tmp_path / "out.part.mp4").touch()
    with Recording(tmp_path / "out.mp4", rate=10) as recording:
        recording.write(seen())
    assert (tmp_path / "out.mp4").exists()


def test_a_second_recording_of_the_same_name_is_refused_and_spoils_nothing(
    tmp_path, seen, frames_of
):
    path = tmp_path / "out.mp4"
    with Recording(path, rate=10) as recording:
        recording.write(seen())  # nothing is in the file before its first fragment is whole
        with pytest.raises(LocalizerError, match=r"out\.mp4 is being recorded already; end that"):
            Recording(path, rate=10)
        recording.write(seen(1))
    assert len(frames_of(path)) == 2


def test_a_recording_whose_file_is_removed_meanwhile_says_so(tmp_path, seen):
    recording = Recording(tmp_path / "out.mp4", rate=10)
    recording.write(seen())
    (tmp_path / "out.part.mp4").unlink()
    with pytest.raises(LocalizerError, match=r"out\.part\.mp4 did not become .*out\.mp4: No such"):
        recording.close()


def test_a_link_that_leads_nowhere_is_not_replaced(tmp_path):
    (tmp_path / "out.mp4").symlink_to(tmp_path / "gone" / "video.mp4")
    with pytest.raises(LocalizerError, match="exists and --record overwrites nothing"):
        Recording(tmp_path / "out.mp4", rate=10)


def test_two_recordings_of_one_second_get_two_names(tmp_path):
    def moment():
        return datetime(2026, 11, 20, 11, 5, 31)

    (tmp_path / "edge-20261120-110531.part.mp4").touch()
    (tmp_path / "edge-20261120-110531-2.mp4").touch()
    assert named_by_time(tmp_path, moment) == tmp_path / "edge-20261120-110531-3.mp4"


def test_a_folder_gets_a_file_that_is_named_by_the_time(tmp_path, seen):
    with Recording(tmp_path, rate=10) as recording:
        recording.write(seen())
    (file,) = tmp_path.iterdir()
    assert re.fullmatch(r"edge-\d{8}-\d{6}\.mp4", file.name)
    assert named_by_time(tmp_path, lambda: datetime(2026, 11, 20, 11, 5, 31)) == (
        tmp_path / "edge-20261120-110531.mp4"
    )


@pytest.mark.parametrize(
    ("limit", "frames", "named"),
    [
        (Limit(minutes=0.1), 6, "0.1 minutes"),
        (Limit(megabytes=0.001), 2, "0.001 megabytes"),  # the first fragment is more than that
        (Limit(minutes=10, megabytes=0.001), 2, "10 minutes or 0.001 megabytes"),
    ],
)
def test_a_limit_ends_the_video_and_is_told_once(limit, frames, named, tmp_path, seen, frames_of):
    told = []
    with Recording(tmp_path / "out.mp4", rate=1, limit=limit, say=told.append) as recording:
        for index in range(20):
            recording.write(seen(index))
            if (tmp_path / "out.mp4").exists():
                assert index >= frames - 1
    assert len(frames_of(tmp_path / "out.mp4")) == frames
    assert told == [f"{tmp_path / 'out.mp4'} has reached its {named} and is closed"]


def test_a_full_disk_is_told_and_what_is_recorded_gets_its_name(small_disk, seen, frames_of):
    noise = np.random.default_rng(0)
    with (
        pytest.raises(LocalizerError, match="No space left on device; make room on the disk or"),
        Recording(small_disk / "out.mp4", rate=5) as recording,
    ):
        for index in range(2000):
            recording.write(seen(index, pixels=noise.integers(0, 255, (120, 160, 3), np.uint8)))
    assert len(frames_of(small_disk / "out.mp4")) >= 10


def test_a_read_only_place_is_told_at_once(read_only, seen):
    with pytest.raises(LocalizerError, match=r"out\.mp4 cannot be written: .*; give --record ano"):
        Recording(read_only / "out.mp4", rate=10)
