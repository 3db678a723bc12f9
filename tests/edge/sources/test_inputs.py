"""The door to every source, through the whole command."""

import itertools
import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edge.box import Box
from edge.errors import Absent, LocalizerError, Refused
from edge.observation import Frame
from edge.source_options import SourceOptions
from edge.sources import choose, fake, inputs


def overlap(line, truth):
    return Box(*line["box"]).iou(truth)


def test_the_fake_cameras_object_is_found_where_it_is(edge_run, tiny_model):
    done = edge_run(
        "--camera", "fake:rectangle", "--model", tiny_model, "--json", "--max-frames", 5
    )
    assert "source: fake:rectangle (a red rectangle wanders over black)" in done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 5
    assert all(line["label"] == "red" for line in lines)
    assert min(overlap(line, fake.true_box("rectangle", line["index"])) for line in lines) > 0.6


def test_the_view_moves_the_box_with_the_picture(edge_run, tiny_model):
    options = "--rotate 180 --flip --crop 0,0.5,1,1 --size 320x240 --fps 5".split()
    done = edge_run(
        "--camera", "fake:rectangle", "--model", tiny_model, "--json", "--max-frames", 3, *options
    )
    for line in map(json.loads, done.stdout.splitlines()):
        true = fake.true_box("rectangle", line["index"], (320, 240))
        upside_down = Box(true.left, 1 - true.bottom, true.right, 1 - true.top)
        assert overlap(line, upside_down.within(Box(0, 0.5, 1, 1)).clipped()) > 0.6


def test_a_video_in_real_time_is_played_to_its_end(edge_run, tiny_model, clip):
    done = edge_run("--video", clip(6, rate=60.0), "--model", tiny_model, "--json", "--real-time")
    assert done.exit_code == 0
    indices = [json.loads(line)["index"] for line in done.stdout.splitlines()]
    assert indices == sorted(set(indices)) and indices[-1] == 5


def test_a_slower_rate_looks_at_its_share_of_a_video(edge_run, tiny_model, clip):
    done = edge_run("--video", clip(20, rate=20.0), "--model", tiny_model, "--json", "--fps", 5)
    assert [json.loads(line)["index"] for line in done.stdout.splitlines()] == [0, 4, 8, 12, 16]


def test_a_slower_rate_leaves_the_films_own_time_alone(clip):
    source = inputs.film(clip(20, rate=20.0), SourceOptions(fps=5.0), print, lambda _: False)
    assert (source.rate(), source.film_rate()) == (5.0, 20.0)
    assert inputs.film(clip(20, rate=20.0), SourceOptions(), print, lambda _: False).rate() == 20.0


def test_a_camera_that_is_not_there_yet_is_waited_for(edge_run, tiny_model, monkeypatch):
    answers = iter([Absent("no camera is there"), Absent("no camera is there"), None])

    def choose_later(wanted):
        if (error := next(answers)) is not None:
            raise error
        return fake.FakeCamera("rectangle")

    monkeypatch.setattr(choose, "choose", choose_later)
    done = edge_run(
        *("--camera", "--wait-for-camera", "--model", tiny_model, "--json", "--max-frames", 1)
    )
    assert done.exit_code == 0
    assert "source: --camera auto, as soon as it is there" in done.stderr
    assert "trying again: no camera is there" in done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_nonsense_is_not_waited_for(edge_run, tiny_model):
    done = edge_run("--camera", "fake:none", "--wait-for-camera", "--model", tiny_model)
    assert done.exit_code == 1
    assert "Error: fake:none is no scene" in done.stderr


def test_the_cameras_are_listed(edge_run, monkeypatch):
    monkeypatch.setattr(choose, "listed", lambda: ["0  imx708 (libcamera)"])
    done = edge_run("--list-cameras")
    assert (done.exit_code, done.stdout) == (0, "0  imx708 (libcamera)\n")


def test_a_camera_that_is_lost_is_opened_again(edge_run, tiny_model, camera, scene):
    def frames():
        yield Frame(scene(), 0, 0.0)
        raise LocalizerError("the cable is out; plug it in")

    camera(frames)
    done = edge_run("--camera", "--model", tiny_model, "--json", "--max-frames", 2)
    assert done.exit_code == 0
    first, second = (json.loads(line)["index"] for line in done.stdout.splitlines())
    assert first < second  # a slow machine may miss the only frame of one opening
    assert "trying again: the cable is out; plug it in" in done.stderr
    assert "the camera is back after " in done.stderr


def test_a_camera_that_comes_back_elsewhere_is_read_there(edge_run, tiny_model, monkeypatch, scene):
    def read(node, options):
        yield Frame(scene(), 0, 0.0)
        raise LocalizerError("the cable is out; plug it in")

    numbers = itertools.count()
    monkeypatch.setattr(choose.v4l2, "frames", read)
    monkeypatch.setattr(
        choose, "choose", lambda wanted: choose.Camera(Path("/dev/video0"), "webcam")
    )
    monkeypatch.setattr(
        choose,
        "found_again",
        lambda lost: replace(lost, address=Path(f"/dev/video{next(numbers)}")),
    )
    done = edge_run("--camera", "--model", tiny_model, "--json", "--max-frames", 3)
    assert done.exit_code == 0
    told = [line for line in done.stderr.splitlines() if line.startswith("source: ")]
    assert told[:2] == ["source: /dev/video0 (webcam)", "source: /dev/video1 (webcam)"]


def test_what_no_reopening_mends_ends_with_a_whole_recording(
    edge_run, tiny_model, camera, scene, frames_of, tmp_path
):
    def frames():
        yield Frame(scene(), 0, 0.0)
        raise Refused("it has no focus; leave --focus out")

    camera(frames)
    done = edge_run("--camera", "--model", tiny_model, "--record", "out.mp4")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1] == "Error: it has no focus; leave --focus out"
    assert len(frames_of(tmp_path / "out.mp4")) == 1


def test_a_camera_that_never_gives_a_frame_is_an_error(edge_run, tiny_model, camera):
    def frames():
        raise LocalizerError("it is in use; close the other program")
        yield

    camera(frames)
    done = edge_run("--camera", "--model", tiny_model)
    assert done.stderr.splitlines()[-1] == "Error: it is in use; close the other program"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_does_not_wait_for_a_read_that_blocks(number, tiny_model, tmp_path, frames_of):
    out = tmp_path / "out.mp4"
    arguments = ["--camera", "fake:stalled", "--fps", 240, "--size", "64x48", "--record", out]
    with subprocess.Popen(
        [sys.executable, "-m", "edge", *map(str, arguments), "--model", tiny_model, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        first = running.stdout.readline()
        running.send_signal(number)
        rest, told = running.communicate()
    assert running.returncode == 0, told
    assert len((first + rest).splitlines()) > 0
    assert len(frames_of(out)) > 0
