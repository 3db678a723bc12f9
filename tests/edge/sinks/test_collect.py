import json
import subprocess
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.box import Box
from edge.collected import MADE_BY, STEM, Note, read_note
from edge.errors import LocalizerError
from edge.image import read_image
from edge.observation import Answer, Localization
from edge.sinks.collect import Collected, Limits, fingerprint, unsure

CLOCKS = (1_767_225_601.0, 101.0)  # the monotonic clock stands at 101, it is 2026-01-01T00:00:01Z


def scene(number):
    """A picture unlike those of other numbers."""
    blocks = np.random.default_rng(number).integers(0, 255, (8, 9, 3), dtype=np.uint8)
    return cv2.resize(blocks, (90, 80), interpolation=cv2.INTER_NEAREST)


@pytest.fixture
def collected(tmp_path):
    def made(folder=tmp_path / "kept", **options):
        limits = Limits(
            **{n: options.pop(n) for n in ("keep", "megabytes", "seconds") if n in options}
        )
        return Collected(folder, limits, **({"clocks": lambda: CLOCKS} | options))

    return made


@pytest.fixture
def told(seen):
    """A drawer of observations: score 0.99 unless another is given."""

    def made(at=100.0, number=0, event=None, **extra):
        extra = {"score": 0.99, "presence": 0.99, "pixels": scene(number)} | extra
        return replace(seen(captured_at=at, **extra), event=event)

    return made


def kept(folder):
    return sorted(folder.glob("*.jpg"))


def reasons(folder):
    return [read_note(path).reason for path in kept(folder)]


def test_a_frame_is_kept_with_what_the_model_said_of_it(collected, told, tmp_path):
    collected().write(told(score=0.5))
    (picture,) = kept(tmp_path / "kept")
    assert STEM.fullmatch(picture.stem)
    assert picture.name.startswith("20260101T000000.000Z-unsure-")
    note = json.loads(picture.with_suffix(".json").read_text())
    assert note.pop("fingerprint") == picture.stem[-16:]
    assert note == {
        "made_by": MADE_BY,
        "reason": "unsure",
        "time": "2026-01-01T00:00:00.000Z",
        "bytes": picture.stat().st_size,
        "presence": 0.99,
        "found": {"box": [0.25, 0.5, 0.75, 1.0], "label": "red", "score": 0.5},
        "withheld": None,
    }
    assert read_image(picture).shape == (80, 90, 3)
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_unsure_newly_appeared_and_changed_frames_are_kept_and_others_are_not(
    collected, told, tmp_path
):
    sink = collected(seconds=1)
    sink.write(told(100, number=0))  # nothing was kept yet: a new scene
    sink.write(told(102, number=0))
    sink.write(told(104, number=0, box=Box(0, 0, 0.2, 0.2), event="appeared"))
    sink.write(told(106, number=0, found=False, presence=0.5))
    sink.write(told(108, number=0, found=False, presence=0.01))
    sink.write(told(110, number=1))
    assert reasons(tmp_path / "kept") == ["changed", "appeared", "unsure", "changed"]


def test_one_that_looks_alike_and_was_answered_alike_is_not_kept_again(collected, told, tmp_path):
    sink = collected(seconds=0)
    noise = np.random.default_rng(9).integers(0, 6, (80, 90, 3), dtype=np.uint8)
    sink.write(told(100, score=0.5))
    sink.write(told(101, score=0.6, pixels=np.minimum(scene(0), 249) + noise))
    assert len(kept(tmp_path / "kept")) == 1
    sink.write(told(102, score=0.5, box=Box(0, 0, 0.2, 0.2)))  # it has moved
    assert len(kept(tmp_path / "kept")) == 2


def test_a_card_has_rest_between_two_frames(collected, told, tmp_path):
    sink = collected(seconds=10)
    for number in range(40):
        frame = told(100 + number, number, score=0.5)
        if sink.due(frame):
            sink.write(frame)
    moments = [path.name[9:19] for path in kept(tmp_path / "kept")]
    assert moments == ["000000.000", "000010.000", "000020.000", "000030.000"]


def test_between_two_looks_only_an_event_counts(collected, told):
    sink = collected(seconds=0)
    assert sink.due(told(100))
    assert not sink.due(told(100.4))
    assert sink.due(told(100.4, event="appeared"))
    assert sink.due(told(100.5))


def test_beyond_a_limit_the_commonest_reason_loses_its_oldest(collected, told, tmp_path):
    sink = collected(seconds=0, keep=3)
    sink.write(told(100, 0, score=0.5))
    for number in range(1, 6):
        sink.write(told(100 + number, number))
    assert reasons(tmp_path / "kept") == ["unsure", "changed", "changed"]
    assert [path.name[13:15] for path in kept(tmp_path / "kept")] == ["00", "04", "05"]
    assert len(list((tmp_path / "kept").iterdir())) == 6


def test_megabytes_are_a_limit_too(collected, told, tmp_path):
    sink = collected(seconds=0, megabytes=0.02)
    for number in range(12):
        sink.write(told(100 + number, number))
    pictures = kept(tmp_path / "kept")
    total = sum(path.stat().st_size for path in pictures)
    assert 1 <= len(pictures) < 12
    assert total <= 20_000 < total + pictures[-1].stat().st_size * 1.5


def test_what_an_earlier_run_kept_counts_and_its_halves_are_removed(collected, told, tmp_path):
    folder = tmp_path / "kept"
    collected(seconds=0).write(told(100, 0))
    (first,) = kept(folder)
    (folder / f"{first.name}.new.jpg.part").write_bytes(b"half")
    lone = folder / f"20250101T000000.000Z-unsure-{'0' * 16}.json"
    lone.write_text(first.with_suffix(".json").read_text())
    sink = collected(seconds=0, keep=1)
    assert sorted(folder.iterdir()) == sorted([first, first.with_suffix(".json")])
    sink.write(told(101, 0))
    assert kept(folder) == [first]
    sink.write(told(102, 1))
    assert [path.name[13:15] for path in kept(folder)] == ["02"]


def test_files_of_others_stay(collected, told, tmp_path):
    folder = tmp_path / "kept"
    collected(seconds=0).write(told(100, 0))
    (first,) = kept(folder)
    (folder / "holiday.jpg").write_bytes(b"mine")
    lone = folder / f"20250101T000000.000Z-unsure-{'0' * 16}.jpg"
    lone.write_bytes(b"no note")
    first.write_bytes(b"drawn over by somebody")
    collected(seconds=0, keep=1).write(told(101, 1))
    assert {"holiday.jpg", lone.name, first.name} <= {path.name for path in folder.iterdir()}


def test_a_full_disk_is_told_once_and_the_next_frame_is_tried_again(collected, told, small_disk):
    said = []
    sink = collected(small_disk, seconds=0, say=said.append)
    (small_disk / "ballast").write_bytes(b"\0" * 1_045_000)
    for number in range(5):
        sink.write(
            told(
                100 + number,
                number,
                pixels=np.random.default_rng(number).integers(0, 255, (99, 99, 3), np.uint8),
            )
        )
    assert len(said) == 1 and said[0].startswith("collect: ") and "No space left" in said[0]
    assert said[0].endswith("; the next frame is tried again, make room")
    (small_disk / "ballast").unlink()
    sink.write(told(110, 7))
    assert [path.suffix for path in sorted(small_disk.iterdir())] == [".jpg", ".json"]


def test_a_folder_that_cannot_be_made_is_told(collected, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalizerError, match="give --collect another folder"):
        collected(tmp_path / "file")


def test_a_folder_that_cannot_be_written_is_refused_at_the_start(collected, read_only):
    why = "Read-only file system; make it writable, or give --collect another folder"
    with pytest.raises(LocalizerError, match=f"cannot be written: {why}"):
        collected(read_only)


def test_a_folder_that_is_full_at_the_start_may_be_free_later(collected, told, small_disk):
    with (small_disk / "ballast").open("wb", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(bytes(4096))
    sink = collected(small_disk)
    assert [path.name for path in small_disk.iterdir()] == ["ballast"]
    (small_disk / "ballast").unlink()
    sink.write(told(100, 0))
    assert kept(small_disk)


def test_a_card_that_turns_read_only_is_told_once_without_asking_for_room(collected, told, mounted):
    card, said = mounted("card", "size=1m"), []
    sink = collected(card, seconds=0, say=said.append)
    subprocess.run(["mount", "-o", "remount,ro", str(card)], check=True)
    sink.write(told(100, 0))
    sink.write(told(101, 1))
    (sentence,) = said
    assert "Read-only file system" in sentence
    assert sentence.endswith("; the next frame is tried again, make the folder writable")


@pytest.mark.parametrize(
    ("presence", "score", "expected"),
    [
        (0.99, 0.99, False),
        (0.9, 0.5, True),
        (0.75, 1.0, True),
        (0.1, None, False),
        (0.3, None, True),
    ],
)
def test_a_model_is_unsure_between_yes_and_no(presence, score, expected):
    found = None if score is None else Localization(Box(0, 0, 1, 1), "a", score)
    assert unsure(Answer(found, presence)) is expected


def test_a_flat_picture_has_no_bits_whatever_its_noise():
    noise = np.random.default_rng(0).integers(20, 28, (480, 640, 3), dtype=np.uint8)
    assert fingerprint(noise) == 0
    assert fingerprint(scene(1)) != fingerprint(scene(2))


@given(st.recursive(st.none() | st.integers() | st.text() | st.floats(), st.lists, max_leaves=3))
def test_a_note_of_anybody_else_is_refused(value):
    with pytest.raises(ValueError):
        Note.from_json(json.dumps({"made_by": MADE_BY, "reason": "unsure", "found": value}))
    with pytest.raises(ValueError):
        Note.from_json(json.dumps(value))


def test_edge_run_collects_from_the_fake_camera(edge_run, tiny_model, tmp_path):
    done = edge_run(
        *("--camera", "fake:shapes", "--model", tiny_model, "--max-frames", "12"),
        *("--collect", tmp_path / "kept", "--collect-seconds", "0"),
    )
    assert done.exit_code == 0, done.stderr
    pictures = kept(tmp_path / "kept")
    assert pictures
    assert all(read_note(path).picture_bytes == path.stat().st_size for path in pictures)
