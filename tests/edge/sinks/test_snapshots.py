import subprocess
from dataclasses import replace

import numpy as np
import pytest

from edge.errors import LocalizerError
from edge.image import read_image
from edge.sinks.snapshots import Snapshots

CLOCKS = (1_767_225_601.0, 101.0)  # the monotonic clock stands at 101, it is 2026-01-01T00:00:01Z
LIST = ".edge-run-snapshots"


@pytest.fixture
def snapshots(tmp_path):
    def made(folder=tmp_path / "events", **options):
        options = {"clocks": lambda: CLOCKS, "draw": lambda seen: seen.frame.pixels} | options
        return Snapshots(folder, **options)

    return made


@pytest.fixture
def event(seen):
    def made(at=100.0, event="appeared", **extra):
        return replace(seen(captured_at=at, **extra), event=event)

    return made


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != LIST)


def test_only_events_are_kept_under_their_time_kind_and_label(snapshots, event, seen, tmp_path):
    sink = snapshots()
    sink.write(event(100.0, label="black/cat ž"))
    sink.write(seen())
    sink.write(event(100.25, "left", found=False))
    assert names(tmp_path / "events") == [
        "20260101T000000.000Z-appeared-black-cat-z.jpg",
        "20260101T000000.250Z-left.jpg",
    ]


def test_the_picture_is_what_was_drawn(snapshots, event, tmp_path):
    snapshots(draw=lambda _: np.full((20, 30, 3), 200, np.uint8)).write(event())
    (name,) = names(tmp_path / "events")
    picture = read_image(tmp_path / "events" / name)
    assert picture.shape == (20, 30, 3) and abs(int(picture.mean()) - 200) < 3


def test_two_events_of_the_same_moment_are_both_kept(snapshots, event, tmp_path):
    sink = snapshots()
    for _ in range(3):
        sink.write(event())
    assert len(names(tmp_path / "events")) == 3


def test_the_oldest_go_first(snapshots, event, tmp_path):
    sink = snapshots(keep=3)
    for second in range(6):
        sink.write(event(100.0 + second))
    assert [name[13:15] for name in names(tmp_path / "events")] == ["03", "04", "05"]


def test_the_sum_of_the_bytes_is_bounded(snapshots, event, tmp_path):
    sink = snapshots(megabytes=0.002)
    for second in range(10):
        sink.write(event(100.0 + second))
    files = [tmp_path / "events" / name for name in names(tmp_path / "events")]
    assert 0 < sum(path.stat().st_size for path in files) <= 2000 and len(files) < 10


def test_the_bounds_hold_over_a_restart(snapshots, event, tmp_path):
    for second in range(6):
        snapshots(keep=2).write(event(100.0 + second))
    assert len(names(tmp_path / "events")) == 2


def test_what_it_did_not_write_or_somebody_changed_is_never_deleted(snapshots, event, tmp_path):
    folder = tmp_path / "events"
    folder.mkdir()
    (folder / "20250101T000000.000Z-appeared-cat.jpg").write_text("from elsewhere")
    sink = snapshots(keep=1)
    sink.write(event(100.0))
    (mine,) = [name for name in names(folder) if name.startswith("2026")]
    (folder / mine).write_text("somebody drew on it")
    sink.write(event(101.0))
    sink.write(event(102.0))
    assert len(names(folder)) == 3
    assert (folder / mine).read_text() == "somebody drew on it"


def test_a_list_that_points_outside_deletes_nothing(snapshots, event, tmp_path):
    (tmp_path / "precious").write_text("12345")
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / LIST).write_text("5 ../precious\nnonsense\n")
    sink = snapshots(keep=1)
    sink.write(event(100.0))
    sink.write(event(101.0))
    assert (tmp_path / "precious").read_text() == "12345"


def test_a_full_disk_is_told_once_and_tried_again(small_disk, snapshots, event):
    told = []
    sink = snapshots(small_disk, say=told.append)
    (small_disk / "other").write_bytes(bytes(1_000_000))
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    for second in range(3):
        sink.write(event(100.0 + second, pixels=noise))
    assert names(small_disk) == ["other"]
    (sentence,) = told
    assert "No space left on device; the next event is tried again, make room" in sentence
    (small_disk / "other").unlink()
    sink.write(event(103.0, pixels=noise))
    assert len(names(small_disk)) == 1


def test_a_card_that_turns_read_only_is_told_once_without_asking_for_room(
    mounted, snapshots, event
):
    card, told = mounted("card", "size=1m"), []
    sink = snapshots(card, say=told.append)
    subprocess.run(["mount", "-o", "remount,ro", str(card)], check=True)
    sink.write(event(100.0))
    sink.write(event(101.0))
    (sentence,) = told
    assert "Read-only file system; the next event is tried again, make the folder" in sentence


def test_a_folder_that_cannot_be_written_is_told_at_once(snapshots, tmp_path, read_only):
    (tmp_path / "file").touch()
    with pytest.raises(LocalizerError, match="file cannot be written: .*; give --snapshots"):
        snapshots(tmp_path / "file")
    with pytest.raises(LocalizerError, match="read-only/in cannot be written"):
        snapshots(read_only / "in")
