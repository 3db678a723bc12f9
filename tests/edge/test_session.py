"""Real processes, told as systemd tells them, and heard as it hears them."""

import dataclasses
import shutil
import signal
import subprocess
import sys
import threading

import pytest

from edge.bundle import read_bundle
from edge.card import card_of, with_card
from edge.feed import Feed
from edge.outputs import Outputs
from edge.request import Request
from edge.session import Session
from edge.source_options import SourceOptions
from edge.stopping import Stopping
from tests.edge.conftest import PATIENCE_S
from tests.edge.service import Service


@pytest.fixture
def service(tmp_path, systemd, golden_model):
    """Starts a service on the fake camera with the golden model behind a link."""
    (tmp_path / "one.tflite").write_bytes(golden_model.read_bytes())
    (tmp_path / "model").symlink_to("one.tflite")
    running = []

    def start(**settings):
        base = {"camera": "fake:rectangle", "model": str(tmp_path / "model"), "json": True}
        running.append(Service(tmp_path, systemd, **{**base, **settings}))
        running[-1].settings = {**base, **settings}
        assert "READY=1" in systemd.until("READY=1")
        return running[-1]

    yield start
    for one in running:
        one.process.kill()
        one.process.wait()


def swap(link, target):
    """Let ``link`` lead to ``target``, as a careful hand does it: beside, then renamed."""
    beside = link.with_name("beside")
    beside.symlink_to(target)
    beside.replace(link)


def other_model(golden_model, path, **changes):
    """The golden model with another card."""
    bundle = read_bundle(golden_model)
    card = dataclasses.replace(card_of(bundle), **changes)
    path.write_bytes(with_card(bundle.flatbuffer, card, bundle.files))


def test_it_keeps_systemd_informed_from_the_first_frame_to_the_end(service, systemd):
    running = service()
    assert "WATCHDOG=1" in systemd.until("WATCHDOG=1")
    assert " fps, " in running.status("ms old")
    assert running.end() == 0
    assert systemd.until("STOPPING=1")[-1] == "STOPPING=1"
    assert systemd.waiting() == []


def test_a_camera_that_is_absent_at_the_start_makes_it_ready_and_keeps_it_alive(service, systemd):
    running = service(camera="/dev/video77", wait_for_camera=True)
    assert "WATCHDOG=1" in systemd.until("WATCHDOG=1")
    assert "/dev/video77 is not there; " in running.status("STATUS=waiting for the camera for ")
    assert running.end() == 0


def test_a_reload_takes_the_new_configuration_and_keeps_the_camera(service, tmp_path):
    running = service()
    running.next_line()
    running.configure(**running.settings, snapshots=str(tmp_path / "events"), metrics="0")
    running.hangup()
    running.next_line()
    assert (tmp_path / "events").is_dir()
    told = running.told()
    assert "metrics: http://127.0.0.1:" in told and "reloaded: " in told
    assert running.end() == 0
    # A fake camera that is opened anew begins at 0, as does a file of lines.
    assert running.indices == sorted(set(running.indices))
    assert running.told().count("source: ") == 1
    assert running.told().count("model: ") == 1


def test_a_configuration_with_faults_is_refused_and_the_old_one_stays(service):
    running = service()
    running.config.write_text("fsp = 5\nthreads = 0")
    running.hangup()
    status = running.status("reload refused")
    assert "line 1, fsp: edge-run has no such option; did you mean fps?" in status
    assert "line 2, threads: give a whole number from 1 to 64. Received: 0" in status
    running.next_line()
    assert "reload refused: " in running.told()
    assert "what ran before goes on" in running.told()
    running.configure(**running.settings)
    running.hangup()
    while "refused" in running.status("ms old"):
        pass  # the status of a moment before
    assert running.end() == 0


def test_an_output_that_cannot_be_had_is_refused_and_leaves_nothing(service, tmp_path):
    running = service()
    (tmp_path / "kept.mp4").write_text("precious")
    wanted = {"record": str(tmp_path / "kept.mp4"), "snapshots": str(tmp_path / "log" / "no")}
    running.configure(**running.settings, **wanted)
    running.hangup()
    assert "kept.mp4 exists and --record" in running.status("reload refused")
    running.next_line()
    assert running.end() == 0
    assert (tmp_path / "kept.mp4").read_text() == "precious"


def test_another_camera_takes_the_place_of_the_first(service):
    running = service()
    running.next_line()
    running.configure(**{**running.settings, "camera": "fake:dark"})
    running.hangup()
    assert running.next_line(lambda line: line["presence"] < 0.5)
    assert "source: fake:dark" in running.told()
    assert running.end() == 0


def test_a_reload_takes_another_threshold_and_gives_the_models_own_back(service):
    running = service(smoothing="off")
    assert running.next_line()["box"] is not None
    running.configure(**running.settings, threshold=1)
    running.hangup()
    assert running.next_line(lambda line: line["box"] is None)
    running.configure(**running.settings)
    running.hangup()
    assert running.next_line(lambda line: line["box"] is not None)
    assert running.end() == 0
    assert running.told().count("model: ") == 1  # it was not even loaded again


def test_a_reload_looks_closer_and_keeps_model_camera_and_object(service):
    running = service()
    running.until("appeared")
    for closer in (True, False):
        running.configure(**running.settings, closer=closer)
        running.hangup()
        running.next_line()
    assert running.end() == 0
    assert running.indices == sorted(set(running.indices))
    assert running.events("appeared") == 1
    told = running.told()
    assert told.count("model: ") == told.count("source: ") == 1
    twice, once = (f"closer: what is found is looked at {often}" for often in ("twice", "once"))
    assert 0 < told.index(twice) < told.index(once)


def test_a_camera_that_is_not_there_is_refused(service):
    running = service()
    running.configure(**{**running.settings, "camera": "/dev/video77"})
    running.hangup()
    assert "/dev/video77 is not there" in running.status("reload refused")
    assert running.next_line()
    assert running.end() == 0


def test_a_lost_camera_can_be_exchanged_for_one_that_is_there(service):
    running = service(camera="/dev/video77", wait_for_camera=True)
    running.configure(**{**running.settings, "camera": "fake:rectangle"})
    running.hangup()
    assert running.next_line()["label"] == "red"
    assert running.end() == 0


def test_a_new_model_behind_the_link_is_taken_without_losing_the_camera(
    service, tmp_path, golden_model
):
    running = service()
    running.next_line()
    other_model(golden_model, tmp_path / "two.tflite", presence_threshold=0.4)
    swap(tmp_path / "model", "two.tflite")
    running.reload()
    running.next_line()
    assert running.end() == 0
    assert running.indices == sorted(set(running.indices))
    assert running.told().count("source: ") == 1 and running.told().count("model: ") == 2


def test_a_reload_that_stops_the_frames_late_does_not_end_the_run(golden_model, monkeypatch):
    given = {"camera": "fake:rectangle", "model": golden_model, "threads": 1}
    request = Request(SourceOptions(), Outputs(), **given)
    stopping, after = Stopping(), []
    taken, pause, resume = threading.Event(), Feed.pause, Feed.resume
    # The frame that comes meanwhile must not let the new request take over before the pause.
    monkeypatch.setattr(Feed, "pause", lambda feed: (taken.wait(0.5), pause(feed)))
    monkeypatch.setattr(Feed, "resume", lambda feed: (resume(feed), taken.set()))
    asking = threading.Thread(target=lambda: session.reload())  # noqa: PLW0108 - made below

    class Asks:
        def write(self, observation):
            if asking.ident is None:
                asking.start()
            if taken.is_set():
                after.append(observation)
                stopping.stopped = len(after) > 2

    session = Session(
        request, stopping, lambda: dataclasses.replace(request, threshold=0.5), more=[Asks()]
    )
    session.run()
    asking.join()
    assert len(after) > 2


def test_a_reload_that_is_ready_after_the_end_leaves_nothing_open(golden_model, tmp_path):
    given = {"camera": "fake:rectangle", "model": golden_model, "threads": 1, "max_frames": 3}
    request = Request(SourceOptions(), Outputs(), **given)
    begun, ended = threading.Event(), threading.Event()

    def again():
        begun.set()
        ended.wait()
        return dataclasses.replace(
            request, camera="fake:dark", outputs=Outputs(json_target=str(tmp_path / "lines"))
        )

    asking = threading.Thread(target=lambda: session.reload(), daemon=True)  # noqa: PLW0108

    class Asks:
        def write(self, observation):
            if asking.ident is None:
                asking.start()
                begun.wait()

    session = Session(request, Stopping(), again, more=[Asks()])
    assert session.run().startswith("3 frames")
    ended.set()
    asking.join(PATIENCE_S)
    assert not asking.is_alive()
    assert not (tmp_path / "lines").exists()


def test_a_new_model_gets_the_accelerator_that_one_process_alone_may_have(
    service, behave, standin, tmp_path, golden_model
):
    behave("alone")
    running = service(delegate=str(standin))
    assert "the accelerator answers" in running.told()
    other_model(golden_model, tmp_path / "two.tflite", presence_threshold=0.4)
    swap(tmp_path / "model", "two.tflite")
    running.reload()
    while running.told().count("the accelerator answers") < 2:
        assert running.next_line()["label"] == "red"
    told = running.told()
    assert "reloaded: " in told
    # on a slow machine the first process may be gone before the next one asks
    if "another process has the stand-in" in told:
        assert "; the CPU goes on" in told
    assert running.end() == 0
    assert running.indices == sorted(set(running.indices))


def test_a_model_whose_golden_examples_fail_is_refused_and_the_old_one_stays(
    service, tmp_path, golden_model
):
    running = service()
    other_model(golden_model, tmp_path / "two.tflite", labels=("cat", "dog"))
    swap(tmp_path / "model", "two.tflite")
    running.reload()
    assert "'red' is told as 'cat'" in running.status("reload refused")
    assert running.next_line()["label"] == "red"
    assert running.end() == 0


def test_a_model_that_is_written_over_with_garbage_is_refused_and_the_old_one_stays(
    service, tmp_path
):
    running = service()
    (tmp_path / "one.tflite").write_bytes(b"garbage" * 1000)
    running.reload()
    assert "one.tflite" in running.told() or "model is not a TFLite model" in running.told()
    assert running.next_line()["label"] == "red"
    (tmp_path / "one.tflite").unlink()
    shutil.copy(tmp_path / "log", tmp_path / "one.tflite")
    running.reload()
    assert running.end() == 0
    assert running.told().count("reload refused") == 2


def test_the_signal_of_a_lost_terminal_does_not_end_a_service(service):
    running = service()
    running.hangup()
    assert running.process.poll() is None
    assert running.end() == 0


def test_it_can_be_ended_while_it_reloads(service, systemd):
    running = service()
    running.process.send_signal(signal.SIGHUP)
    systemd.until("RELOADING=1")
    assert running.end() == 0
    assert "Traceback" not in running.told()


READ_ONLY = """
mount --make-rprivate / && mount --bind "$1" "$1" || exit 77
while read -r _ point _; do mount -o remount,bind,ro "$point" 2>/dev/null; done < /proc/self/mounts
mount -o remount,bind,rw "$1" || exit 77
touch "$1/../outside" 2>/dev/null && exit 77
shift
exec "$@"
"""


def test_on_a_read_only_system_it_does_all_its_work_in_the_folders_that_it_is_given(
    golden_model, tmp_path
):
    if shutil.which("unshare") is None:
        pytest.skip("this process may not mount a file system: there is no unshare")
    folder = tmp_path / "state"
    folder.mkdir()
    outputs = ["--record", folder, "--json", folder / "lines", "--snapshots", folder / "events"]
    options = ["--camera", "fake:rectangle", "--model", golden_model, "--max-frames", 60]
    program = [sys.executable, "-B", "-m", "edge", *options, *outputs, "--metrics", "0"]
    sandbox = ["unshare", "--mount", "sh", "-c", READ_ONLY, "sh", folder]
    done = subprocess.run(
        [str(word) for word in (*sandbox, *program)], capture_output=True, text=True, check=False
    )
    if done.returncode in (1, 77) and "edge" not in done.stderr and "model: " not in done.stderr:
        pytest.skip("this process may not mount a file system")
    assert done.returncode == 0, done.stderr
    assert len((folder / "lines").read_text().splitlines()) > 0
    assert len(list(folder.glob("*.mp4"))) == 1
    assert len(list((folder / "events").glob("*appeared*"))) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state"]
