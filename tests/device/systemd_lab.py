"""The service under the systemd of a root file system: ``python systemd_lab.py ROOT``.

One line a check, figures in its sentence. systemd.sh prepares ROOT: the project is installed in
/opt/edge-localizer, and /opt/job has its systemd/, the tests' model and the sandbox's probe.
"""

import itertools
import re
import signal
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).with_name("lab_job")))
from checks import check, measured, row
from confinement import offline, sandbox
from container import Container, answered_at
from service_lab import MODEL, PRIVATE, PROGRAMS, SHOWN, STATE, UNIT, Lab
from waiting import until

KEPT = "what was in the journal and in the state directory"


def starts_and_stops(lab):
    service, firsts, stops = lab.service, [], []
    lab.configure()
    for _ in range(3):
        began = time.monotonic()
        service.systemctl("start")
        firsts.append(answered_at(service.box(after=began)) - began)
        ready = service.shown_moment("ActiveEnterTimestamp")
        moment = time.monotonic()
        service.systemctl("stop")
        stops.append(time.monotonic() - moment)
    measured("the first box after the start, median of three", statistics.median(firsts), 2.0)
    with check("it counts as started when a frame has been answered, not before"):
        first = next(one for one in service.answers() if one["captured_at"] > began)
        assert ready >= answered_at(first), (ready, answered_at(first))
    measured("stopped, median of three", statistics.median(stops), 1.0)
    with check("a stop is a success, with the sum of the frames in the journal"):
        assert service.shown("Result") == "success"
        assert service.shown("ExecMainStatus") == "0"
        service.says(" frames", after=moment)


def survives(lab):
    service = lab.service
    moment = lab.started_with()
    service.box(after=moment)
    with check("the status line says frames a second and age"):
        until(lambda: re.search(r"fps, \d+ ms old", service.shown("StatusText")), "a status")
    recoveries = []
    for _ in range(3):
        moment, killed = service.signal(signal.SIGKILL)
        recoveries.append(answered_at(service.box(after=killed)) - moment)
    measured("boxes after kill -9, median of three", statistics.median(recoveries), 3.0)
    with check("and systemd has counted three restarts"):
        assert lab.restarts() == 3
    recovery = statistics.median(recoveries)
    told = "Main process exited, code=killed, status=9/KILL …; started again after RestartSec=1"
    lost = round(recovery * SHOWN["fps"])
    place = "systemd in a container"
    row("process killed", told, 0.0, recovery, lost, KEPT, "the fault", place)

    with check("a process that hangs is ended by the watchdog and gives boxes again"):
        moment, hung = service.signal(signal.SIGSTOP)
        noticed = service.says("Watchdog timeout", after=hung)
        box = service.box(after=hung)
    measured("the hang was noticed", noticed - moment, lab.watchdog_s + 1.0)
    recovery = answered_at(box) - moment
    measured("boxes after the hang began", recovery, lab.watchdog_s + 4.0)
    told = f"Watchdog timeout (limit {lab.watchdog_s}s)! …; started again"
    lost = round(recovery * SHOWN["fps"])
    row("process hung", told, noticed - moment, recovery, lost, KEPT, "the fault", place)


def cameras(lab):
    service = lab.service
    moment = lab.started_with(camera="fake:lost", fps=30)
    before = lab.restarts()
    with check("a camera that goes is told, and its return too, without a restart"):
        service.says("trying again: fake:lost is not there", after=moment)
        back = service.says("the camera is back after", after=moment)
        assert lab.restarts() == before
    fresh = service.box(after=back - 0.5)
    while fresh["index"] % 300 < 150:  # the camera is there from frame 150 on
        fresh = service.box(after=fresh["captured_at"])
    late = (fresh["index"] % 300 - 150) / 30 + fresh["age_ms"] / 1000
    measured("fresh boxes after its return", late, 2.0)

    moment = lab.started_with(camera="fake:stalled", fps=30)
    with check("a camera that hangs is told in the journal"):
        told = service.says("stalled: ", after=moment)
        last = max(one["captured_at"] for one in service.answers() if one["captured_at"] < told)
        box = service.box(after=told)
    measured("a hung camera was noticed", told - last, 5.0)
    measured("fresh boxes after its read began to block for 10 s", answered_at(box) - last, 15.0)

    moment = lab.started_with(camera="/dev/video7", wait_for_camera=True, fps=None)
    before = lab.restarts()
    with check("a camera that is not there is waited for, longer than the watchdog's time"):
        told = "waiting for the camera"
        until(lambda: told in service.shown("StatusText"), "the status says so")
        time.sleep(lab.watchdog_s + 2.0)  # what is proved is that nothing happens
        assert lab.restarts() == before
        assert service.shown("ActiveState") == "active"


def reloads(lab):
    container, service = lab.container, lab.service
    moment = lab.started_with()
    pid, box = service.main_pid(), service.box(after=moment)
    with check("a reload takes new outputs, and the camera loses no second"):
        lab.configure(snapshots=f"{STATE}/seen")
        service.systemctl("reload")
        told = service.says("reloaded: ", after=moment)
        service.box(after=told + 1.0)
        since = [one for one in service.answers() if one["captured_at"] >= box["captured_at"]]
        seen = [one["index"] for one in since]
        assert max(b - a for a, b in itertools.pairwise(seen)) <= SHOWN["fps"], seen
        assert service.main_pid() == pid
        until(lambda: list(container.path(f"{STATE}/seen").glob("*.jpg")), "a snapshot is there")
    with check("a reload takes a new rate and a new view of the camera"):
        moment = time.monotonic()
        lab.configure(fps=20, crop="0,0,1,0.9")
        service.systemctl("reload")
        service.box(after=service.says("reloaded: ", after=moment))
        assert service.main_pid() == pid

    def refused(sentence, part, change):
        with check(sentence):
            moment = time.monotonic()
            change()
            told = service.says("reload refused: ", after=moment)
            service.says(part, after=moment)
            service.box(after=told)
            assert service.main_pid() == pid
            until(lambda: "reload refused" in service.shown("StatusText"), "the status says so")

    def broken():
        lab.configure(fpz=20)
        service.systemctl("reload")

    refused("a broken configuration is refused with its line, and what ran goes on", "fpz", broken)
    lab.configure()
    good = lab.container.path("/opt/job/model.tflite").read_bytes()
    refused(
        "a model that is garbage is refused unasked, and the old one stays",
        "model.tflite",
        lambda: lab.model(b"garbage"),
    )
    with check("a good model in its place is taken unasked"):
        moment = time.monotonic()
        lab.model(good)
        service.box(after=service.says("reloaded: ", after=moment))
        assert service.main_pid() == pid


def full_disk(lab):
    container, service = lab.container, lab.service
    service.systemctl("stop")
    container.run("mount", "-t", "tmpfs", "-o", "size=256k", "none", PRIVATE)
    with check("a full disk ends the recording with a sentence, and boxes go on"):
        moment = lab.started_with(model="/opt/job/model.tflite", record=STATE, fps=30)
        before = lab.restarts()
        told = service.says("record ends here, the rest goes on: ", after=moment)
        service.box(after=told)
        assert lab.restarts() == before
        ended = next(said for said in service.messages() if "record ends here" in said)
        assert "No space left" in ended, ended
    service.systemctl("stop")
    container.run("umount", PRIVATE)


def uninstalled(lab):
    container = lab.container
    with check("edge-device uninstall-service leaves nothing but what is the user's"):
        said = container.run(f"{PROGRAMS}/edge-device", "uninstall-service")
        assert "model.tflite" in said, said
        assert container.run("systemctl", "is-enabled", UNIT, good=()) != "enabled"
        left = container.run(
            "find", "/etc", "/usr/lib/systemd", "/run/systemd/system", "-name", "*edge*"
        )
        assert left == "/etc/edge-run.toml", left
        assert container.path(MODEL).exists()


def read_only(lab):
    container, service = lab.container, lab.service
    with check("on a root that cannot be written it gives boxes"):
        assert "Read-only" in container.run("touch", "/etc/probe", "/opt/probe", good=(1,))
        moment = lab.started_with(model="/opt/job/model.tflite", snapshots=f"{STATE}/seen")
        service.box(after=moment)
    with check("and keeps snapshots in its own folder"):
        folder = container.path(f"{PRIVATE}/seen")
        until(lambda: list(folder.glob("*.jpg")), "a snapshot is there")
    service.systemctl("stop")


def unharmed(lab):
    with check("the journal has no traceback, and systemd ignores nothing of the unit"):
        wrong = re.compile(r"Traceback|Unknown|Failed to (?!kill)|gnoring")
        found = [line for line in lab.service.messages() if wrong.search(line)]
        assert not found, found[:5]


def booted(parts, prepared, *options):
    moment = time.monotonic()
    with Container(sys.argv[1], *options) as container:
        print(f"booted in {time.monotonic() - moment:.1f} s", flush=True)
        if offline in parts:
            offline(container)
        lab = prepared(container)
        for part in parts:
            if part is offline:
                continue
            with check(f"{part.__name__.replace('_', ' ')}: all of it was looked at"):
                part(lab)
        lab.service.close()


booted(
    [
        offline,
        starts_and_stops,
        survives,
        cameras,
        reloads,
        sandbox,
        full_disk,
        unharmed,
        uninstalled,
    ],
    Lab.installed,
    "--volatile=overlay",
)
booted([read_only, unharmed], Lab.by_hand, "--volatile=state")
