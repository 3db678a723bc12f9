import json
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from itertools import count

import click
import pytest
from click.testing import CliRunner

from edge.cli import main
from edge.image import write_image
from edge.observation import Frame
from edge.outputs import Outputs, film_time


@pytest.fixture
def edge_run(tmp_path, monkeypatch, tiny_model):
    """Run the command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        arguments = [*arguments, "--model", tiny_model]
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def film(tmp_path, scene):
    """A film of ten frames a second: a red rectangle in frames 5 to 14, then nothing."""
    import cv2

    path = tmp_path / "film.avi"
    code = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, 10.0, (64, 64))
    box = (16, 32, 48, 56)
    for number in range(30):
        shown = scene(box if 5 <= number < 15 else (0, 0, 0, 0), width=64, height=64)
        writer.write(shown[..., ::-1])
    writer.release()
    return path


def rows(text):
    return [json.loads(line) for line in text.splitlines()]


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


# Following the object


def test_a_films_object_appears_and_leaves_by_the_films_own_time(edge_run, film):
    told = rows(edge_run("--video", film, "--json").stdout)
    # seen in frames 5 to 14 at ten a second: for good in frame 6, gone 0.6 s after frame 14
    assert [(row["index"], row["event"]) for row in told if row["event"]] == [
        (6, "appeared"),
        (20, "left"),
    ]
    assert [row["index"] for row in told if row["raw_box"]] == list(range(5, 15))
    assert [row["index"] for row in told if row["box"]] == list(range(5, 20))


@pytest.mark.parametrize("options", [["--smoothing", "off"], []])
def test_without_smoothing_and_with_pictures_each_frame_stands_alone(
    options, edge_run, film, scene, tmp_path
):
    (tmp_path / "pictures").mkdir()
    for number in range(5):
        write_image(tmp_path / "pictures" / f"{number}.png", scene())
    source = ["--video", film] if options else ["--images", tmp_path / "pictures"]
    told = rows(edge_run(*source, "--json", *options).stdout)
    assert any(row["box"] for row in told)
    assert all(row["box"] == row["raw_box"] and row["event"] is None for row in told)


def test_a_films_time_is_that_of_its_frames():
    frame = Frame(None, 50, captured_at=1234.5)
    assert film_time(25.0)(frame) == 2.0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--images", ".", "--smoothing", "on"], "pictures of --images are unrelated; leave"),
        (["--images", ".", "--snapshots", "s"], "--snapshots keeps events, but --images and"),
        (
            ["--video", "f.mp4", "--snapshots", "s", "--smoothing", "off"],
            "take --camera or --video with --smoothing on",
        ),
        (["--video", "f.mp4", "--record-minutes", "1"], "--record-minutes limits --record FILE"),
        (["--video", "f.mp4", "--mqtt-password-file", "p"], "belongs to --mqtt URL, which is miss"),
        (["--video", "f.mp4", "--web-password-file", "p"], "belongs to --web [HOST:]PORT, which"),
        (["--video", "f.mp4", "--smoothing", "much"], "'much' is not one of 'on', 'off'"),
        (["--video", "f.mp4", "--record", "a.mp4", "--record-minutes", "0"], "give a number above"),
    ],
)
def test_what_cannot_be_had_together_is_told(arguments, sentence, edge_run):
    done = edge_run(*arguments)
    assert done.exit_code == 2
    assert sentence in " ".join(done.stderr.split())


def test_pictures_are_not_followed_and_films_are():
    assert not Outputs().follows(unrelated=True)
    assert Outputs().follows(unrelated=False)
    with pytest.raises(click.UsageError, match="unrelated"):
        Outputs(smoothing="on").follows(unrelated=True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--mqtt", "pi.local"], "Error: --mqtt takes mqtt://[user@]HOST[:PORT]/TOPIC"),
        (["--metrics", "here"], "Error: --metrics takes PORT or HOST:PORT"),
        (["--web", "here"], "Error: --web takes PORT or HOST:PORT"),
        (["--snapshots", "film.avi"], "Error: film.avi cannot be written: "),
        (["--window"], "Error: --window needs "),
    ],
)
def test_what_a_user_can_mend_is_one_sentence(arguments, sentence, edge_run, film, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    done = edge_run("--video", film, *arguments)
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith(sentence)


# All at once


def test_a_film_goes_to_every_output_and_loses_no_frame(edge_run, film, tmp_path, frames_of):
    done = edge_run(
        *("--video", film, "--record", tmp_path / "out.mp4", "--json", tmp_path / "out.jsonl"),
        *("--snapshots", tmp_path / "events", "--metrics", "0"),
    )
    assert done.exit_code == 0, done.stderr
    assert len(frames_of(tmp_path / "out.mp4")) == 30
    assert len(rows((tmp_path / "out.jsonl").read_text())) == 30
    events = sorted(path.name for path in (tmp_path / "events").glob("*.jpg"))
    assert [name.split("Z-")[1] for name in events] == ["appeared-red.jpg", "left.jpg"]


def test_a_dead_broker_is_told_once_and_holds_nothing(edge_run, film):
    port = free_port()
    done = edge_run("--video", film, "--json", "--mqtt", f"mqtt://127.0.0.1:{port}/cam")
    assert done.exit_code == 0
    assert len(rows(done.stdout)) == 30
    assert done.stderr.count("mqtt: ") <= 1  # it may have ended before it could be told


def test_health_and_figures_can_be_read_while_a_camera_runs(edge_run, camera, scene):
    port, told = free_port(), []

    def frames():
        for index in range(2):
            yield Frame(scene(), index, 0.0)
        for page in ("healthz", "metrics"):
            address = f"http://127.0.0.1:{port}/{page}"
            with urllib.request.urlopen(address, timeout=30) as answer:
                told.append((answer.status, answer.read().decode()))
        for index in count(2):
            yield Frame(scene(), index, 0.0)

    camera(frames)
    done = edge_run("--camera", "--json", "--metrics", port, "--max-frames", 3)
    assert done.exit_code == 0, done.output
    assert f"metrics: http://127.0.0.1:{port}/metrics" in done.stderr
    (healthz, _), (status, text) = told
    assert (healthz, status) == (200, 200)
    assert "edge_frames_total " in text and 'edge_dropped_total{sink="json"} 0' in text


# Faults


def test_a_port_in_use_is_told(edge_run, film):
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        done = edge_run("--video", film, "--metrics", door.getsockname()[1])
    assert done.exit_code == 1
    assert "Address already in use; give another port" in done.stderr.splitlines()[-1]


def test_a_full_disk_ends_a_film_with_a_sentence_and_whole_lines(edge_run, clip, small_disk):
    (small_disk / "other").write_bytes(bytes(1_000_000))
    done = edge_run("--video", clip(500), "--json", small_disk / "out.jsonl")
    assert done.exit_code == 1
    assert "the JSON lines cannot be written: No space left" in done.stderr.splitlines()[-1]
    text = (small_disk / "out.jsonl").read_text()
    assert text.endswith("}\n") and 0 < len(rows(text)) < 500


def test_a_camera_survives_a_full_disk_and_its_other_outputs_go_on(
    edge_run, camera, scene, small_disk
):
    (small_disk / "other").write_bytes(bytes(1_000_000))
    ended = threading.Event()

    def frames():
        index = 0
        while not ended.is_set():
            yield Frame(scene(), index, index / 30)
            index += 1

    camera(frames)
    events = small_disk.parent / "events"
    done = edge_run(
        *("--camera", "--json", small_disk / "out.jsonl", "--snapshots", events),
        *("--max-frames", 2000),
    )
    ended.set()
    assert done.exit_code == 1
    assert "json ends here, the rest goes on: the JSON lines cannot be written" in done.stderr
    assert "Error: the JSON lines cannot be written: No space" in done.stderr.splitlines()[-1]
    assert (small_disk / "out.jsonl").read_text().endswith("}\n")
    assert len(list(events.glob("*appeared*"))) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_even_if_nobody_reads_its_lines(
    number, tiny_model, clip, tmp_path, frames_of
):
    arguments = ["--video", clip(3000), "--json", "--record", tmp_path / "out.mp4"]
    arguments += ["--mqtt", f"mqtt://127.0.0.1:{free_port()}/cam", "--metrics", "0"]
    command = [sys.executable, "-m", "edge", *map(str, arguments), "--model", tiny_model]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        running.stdout.readline()
        running.send_signal(number)
        status = running.wait(30)  # while the pipe is full and stays so
        told = running.stderr.read().decode()
    assert status == 0, told
    assert "Traceback" not in told
    assert len(frames_of(tmp_path / "out.mp4")) > 0
    assert [path.name for path in tmp_path.glob("out*")] == ["out.mp4"]
