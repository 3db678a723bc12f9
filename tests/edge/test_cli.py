import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from edge.bundle import read_bundle
from edge.card import card_of, with_card
from edge.image import write_image
from edge.observation import Frame

KNOWN_MODULES = """
import sys
from edge.cli import main
from edge.errors import LocalizerError
main(sys.argv[1:], standalone_mode=False)
print(sorted({name.partition(".")[0] for name in sys.modules}))
"""


def command(*arguments):
    """The command line of a fresh process."""
    return [sys.executable, "-m", "edge", *(str(argument) for argument in arguments)]


@pytest.fixture
def pictures(tmp_path, scene):
    """A folder: a red and a blue rectangle, and the dark."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    write_image(folder / "a.png", scene((8, 16, 24, 28), (255, 0, 0)))
    write_image(folder / "b.png", scene((160, 80, 480, 240), (0, 0, 255), 640, 320))
    write_image(folder / "c.png", scene(colour=(0, 0, 0)))
    return folder


def test_pictures_become_lines_with_their_boxes(edge_run, tiny_model, pictures):
    done = edge_run("--images", pictures, "--model", tiny_model, "--json")
    assert done.exit_code == 0
    red, blue, dark = [json.loads(line) for line in done.stdout.splitlines()]
    assert red["path"] == str(pictures / "a.png")
    assert red["label"] == "red"
    assert red["box"] == pytest.approx([0.25, 0.5, 0.75, 0.875], abs=0.02)
    assert blue["label"] == "blue"
    assert blue["box"] == pytest.approx([0.25, 0.25, 0.75, 0.75], abs=0.02)
    assert dark["box"] is None and dark["presence"] < 0.5
    assert "3 frames, 2 with a box" in done.stderr.splitlines()[-1]


def test_standard_error_tells_the_model_the_runtime_and_the_source(edge_run, tiny_model, pictures):
    done = edge_run("--images", pictures, "--model", tiny_model, "--json", "--threads", 2)
    assert f"model: {tiny_model} (named by --model), " in done.stderr
    assert "2 threads" in done.stderr
    assert f"source: the pictures in {pictures}" in done.stderr


def test_the_golden_examples_are_answered_before_the_first_frame(edge_run, golden_model, pictures):
    done = edge_run("--images", pictures, "--model", golden_model, "--json")
    assert done.exit_code == 0
    told = done.stderr.splitlines()
    assert "golden: 6 of 6 examples answered as on the workstation (" in told[-3]
    assert told[-2].startswith("source: ")


def test_a_model_without_golden_examples_runs_with_a_note(edge_run, tiny_model, pictures):
    done = edge_run("--images", pictures, "--model", tiny_model, "--json")
    assert done.exit_code == 0
    assert f"golden: {tiny_model} carries no examples, so nothing shows" in done.stderr


def test_a_model_that_answers_otherwise_here_is_not_run(edge_run, golden_model, pictures, tmp_path):
    bundle = read_bundle(golden_model)
    card = dataclasses.replace(card_of(bundle), labels=("cat", "dog"))
    path = tmp_path / "other.tflite"
    path.write_bytes(with_card(bundle.flatbuffer, card, bundle.files))
    done = edge_run("--images", pictures, "--model", path, "--json")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "'red' is told as 'cat'" in done.stderr.splitlines()[-1]


def test_without_a_file_to_write_a_person_is_told_each_picture(edge_run, tiny_model, pictures):
    done = edge_run("--images", pictures, "--model", tiny_model)
    assert done.stdout == ""
    assert "a.png: red 1.00 at 8,16 to 24,28 of 32x32" in done.stderr
    assert "c.png: nothing" in done.stderr


def test_an_unreadable_picture_is_told_and_the_rest_goes_on(edge_run, tiny_model, pictures):
    (pictures / "b.png").write_text("text")
    done = edge_run("--images", pictures, "--model", tiny_model, "--json")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 2
    assert "skipped: " in done.stderr and "b.png is not a picture" in done.stderr


def test_a_video_is_recorded_frame_for_frame(edge_run, tiny_model, clip, tmp_path, frames_of):
    out = tmp_path / "out.mp4"
    done = edge_run("--video", clip(12), "--model", tiny_model, "--record", out)
    assert done.exit_code == 0
    assert len(frames_of(out)) == 12


def test_lines_can_go_to_a_file(edge_run, tiny_model, clip, tmp_path):
    done = edge_run("--video", clip(5), "--model", tiny_model, "--json", tmp_path / "out.jsonl")
    assert done.stdout == ""
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 5


def test_a_delegate_that_does_not_exist_is_told_what_is_taken(edge_run, tiny_model, pictures):
    done = edge_run("--images", pictures, "--model", tiny_model, "--delegate", "gpu")
    assert done.exit_code == 1
    assert "--delegate takes edgetpu or the path of a delegate's library. Received: gpu" in (
        done.stderr
    )


def test_max_frames_ends_early(edge_run, tiny_model, clip):
    done = edge_run("--video", clip(12), "--model", tiny_model, "--json", "--max-frames", 3)
    assert len(done.stdout.splitlines()) == 3


def test_a_video_that_ends_early_is_told(edge_run, tiny_model, clip, index_first):
    path = clip(120)
    data = index_first(path.read_bytes())
    path.write_bytes(data[: (data.index(b"mdat") + len(data)) // 2])
    done = edge_run("--video", path, "--model", tiny_model, "--json")
    assert done.exit_code == 0
    count = len(done.stdout.splitlines())
    assert f"clip.mp4 ended after {count} of the 120 frames that it promises; " in done.stderr


def test_the_model_in_the_current_folder_is_taken(edge_run, tiny_model, pictures, tmp_path):
    (tmp_path / "model.tflite").write_bytes(tiny_model.read_bytes())
    done = edge_run("--images", pictures)
    assert done.exit_code == 0
    assert "model: model.tflite (in the current folder)" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "received"),
    [((), "none"), (("--camera", "--video", "a.mp4"), "--camera and --video")],
)
def test_exactly_one_source_is_taken(arguments, received, edge_run):
    done = edge_run(*arguments)
    assert done.exit_code == 2
    assert "exactly one of --camera, --video FILE and --images DIR. " in done.stderr
    assert done.stderr.strip().endswith(f"Received: {received}")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--images", "empty"], "Error: empty holds no picture"),
        (["--images", "none"], "Error: none is not a folder that can be read"),
        (["--video", "none.mp4"], "Error: none.mp4 is not a file"),
        (["--video", "text.mp4"], "Error: text.mp4 is not a video"),
        (["--camera", "/dev/video77"], "Error: /dev/video77 is not there; "),
        (["--camera", "front"], "Error: --camera takes auto, a number, a node"),
        (["--camera", "fake:none"], "Error: fake:none is no scene of the fake camera; the scenes"),
        (["--camera", "http://127.0.0.1:1/a"], "Error: nothing answers at 127.0.0.1:1 ("),
        (["--camera", "fake:dark", "--focus", "2"], "Error: --focus cannot be given with the fake"),
        (["--images", "pictures", "--fps", "2"], "Error: --fps cannot be given with --images, whi"),
        (["--video", "a.mp4", "--size", "64x48"], "Error: --size cannot be given with --video"),
        (["--images", "pictures", "--record", "kept.mp4"], "Error: kept.mp4 exists and --record"),
        (["--images", "pictures", "--json", "kept.mp4"], "Error: kept.mp4 exists and --json"),
        (["--images", "pictures", "--record", "no/a.mp4"], "Error: no/a.mp4 cannot be written"),
        (["--images", "pictures", "--model", "none.tflite"], "Error: --model names none.tflite"),
        (["--images", "pictures", "--model", "text.mp4"], "Error: text.mp4 is not a TFLite model"),
    ],
)
def test_what_a_user_can_mend_is_one_sentence(
    arguments, sentence, edge_run, tiny_model, pictures, tmp_path
):
    (tmp_path / "model.tflite").write_bytes(tiny_model.read_bytes())
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.mp4").write_text("hello, I am text")
    (tmp_path / "kept.mp4").write_text("precious")
    before = sorted(tmp_path.rglob("*"))
    done = edge_run(*arguments)
    assert done.exit_code == 1
    assert done.stdout == ""
    last = done.stderr.splitlines()[-1]
    assert last.startswith(sentence)
    assert "; " in last or "Received" in last
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "kept.mp4").read_text() == "precious"


def test_without_a_model_it_says_where_it_looked(edge_run, pictures):
    done = edge_run("--images", pictures)
    assert done.exit_code == 1
    assert "Error: no model is there: --model and EDGE_MODEL name none" in done.stderr


def test_no_camera_is_opened_when_the_recording_is_refused(edge_run, tiny_model, camera, tmp_path):
    def frames():
        raise AssertionError("the camera was opened")
        yield

    camera(frames)
    (tmp_path / "kept.mp4").touch()
    done = edge_run("--camera", "--model", tiny_model, "--record", "kept.mp4")
    assert done.stderr.splitlines()[-1].startswith("Error: kept.mp4 exists")


def test_a_live_camera_is_read_and_freed(edge_run, tiny_model, camera, scene):
    ended = threading.Event()

    def frames():
        try:
            index = 0
            while True:
                yield Frame(scene(), index, 0.0)
                index += 1
        finally:
            ended.set()

    camera(frames)
    done = edge_run("--camera", "--model", tiny_model, "--json", "--max-frames", 4)
    assert done.exit_code == 0
    indices = [json.loads(line)["index"] for line in done.stdout.splitlines()]
    assert len(indices) == 4 and indices == sorted(set(indices))
    assert ended.wait(30)  # at once, but that a slow machine is not waited for
    assert "source: a fake" in done.stderr


def test_a_stalled_camera_does_not_keep_a_signal_waiting(edge_run, tiny_model, camera, scene):
    released = threading.Event()

    def frames():
        yield Frame(scene(), 0, 0.0)
        os.kill(os.getpid(), signal.SIGTERM)
        released.wait(30.0)

    camera(frames)
    assert edge_run("--camera", "--model", tiny_model).exit_code == 0
    released.set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_with_whole_files_and_success(number, tiny_model, clip, tmp_path, frames_of):
    # Nobody reads the rest of the lines until the signal is sent, so the pipe fills and it stops.
    arguments = command(
        "--video", clip(2000), "--model", tiny_model, "--json", "--record", tmp_path / "out.mp4"
    )
    pipe = subprocess.PIPE
    # Without a buffer, in which readline would leave lines that communicate does not see.
    with subprocess.Popen(arguments, stdout=pipe, stderr=pipe, bufsize=0) as running:
        first = running.stdout.readline()
        running.send_signal(number)
        rest, told = running.communicate()
    assert running.returncode == 0, told
    lines = [json.loads(line) for line in (first + rest).splitlines()]
    assert 0 < len(lines) < 2000
    assert len(frames_of(tmp_path / "out.mp4")) == len(lines)
    assert f"{len(lines)} frame" in told.decode().splitlines()[-1]


def test_a_reader_that_leaves_ends_it_quietly(tiny_model, clip):
    arguments = command("--video", clip(2000), "--model", tiny_model, "--json")
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        running.stdout.readline()
        running.stdout.close()  # as head -1 does
        told = running.stderr.read().decode()
    assert running.returncode == 0
    assert "Traceback" not in told and "Error" not in told and "Exception" not in told


def test_the_device_side_imports_neither_tensorflow_nor_keras(tiny_model, pictures):
    done = subprocess.run(
        [sys.executable, "-c", KNOWN_MODULES, "--images", pictures, "--model", tiny_model],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = set(json.loads(done.stdout.replace("'", '"')))
    assert "cv2" in imported and "edge" in imported
    assert not imported & {"tensorflow", "keras", "jax", "torch", "matplotlib", "train", "convert"}


def test_help_imports_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "edge", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--camera" in done.stdout
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "click" in imported
    assert not imported & {"numpy", "cv2", "ai_edge_litert.interpreter", "importlib.metadata"}


def test_the_version_is_told(edge_run):
    assert edge_run("--version").stdout.startswith("edge-run, version ")
