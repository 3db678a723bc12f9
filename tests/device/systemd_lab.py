"""The service under the systemd of a root file system: ``python systemd_lab.py ROOT``.

One line a check, figures in its sentence. systemd.sh prepares ROOT: the project is installed in
/opt/edge-localizer, and /opt/job has its systemd/, the tests' model and the sandbox's probe.
"""

import itertools
import json
import re
import signal
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).with_name("lab_job")))
from checks import check, measured, row
from container import Container, Service, answered_at, until

UNIT = "edge-run.service"
STATE = "/var/lib/edge-run"
MODEL = f"{STATE}/model.tflite"
PRIVATE = "/var/lib/private/edge-run"
"""Where STATE really is."""
PROGRAMS = "/opt/edge-localizer/bin"
KEPT = "what was in the journal and in the state directory"
SHOWN = {"camera": "fake:rectangle", "fps": 10, "json": True}
"""The configuration from which the others differ: a red rectangle, answers in the journal."""


class Lab:
    """The service in a container, and what a person does to it."""

    def __init__(self, container, config):
        self.container = container
        self._config = container.path(config)
        unit = container.run("systemctl", "cat", UNIT)
        self.watchdog_s = int(re.search(r"^WatchdogSec=(\d+)", unit, re.M)[1])
        self.service = Service(container, UNIT)

    @classmethod
    def installed(cls, container):
        """By the command that the README tells, beside a configuration that is there already."""
        config = container.path("/etc/edge-run.toml")
        config.write_text("".join(f"{key} = {json.dumps(SHOWN[key])}\n" for key in SHOWN))
        container.path(STATE).mkdir()
        model = container.path("/opt/job/model.tflite").read_bytes()
        container.path(MODEL).write_bytes(model)
        with check("edge-device install-service writes, verifies, enables and starts it"):
            said = container.run(f"{PROGRAMS}/edge-device", "install-service")
            assert "/etc/edge-run.toml is yours and stays as it is" in said, said
            assert container.run("systemctl", "is-enabled", UNIT) == "enabled"
        lab = cls(container, "/etc/edge-run.toml")
        lab.service.box()
        lab.service.systemctl("stop")
        return lab

    @classmethod
    def by_hand(cls, container):
        """Where nothing can be written but /run, /tmp and /var: all of it is in /run."""
        units = container.path("/run/systemd/system")
        units.mkdir(exist_ok=True)
        text = container.path(f"/opt/job/systemd/{UNIT}").read_text()
        (units / UNIT).write_text(text.replace("/etc/edge-run.toml", "/run/edge-run.toml"))
        container.run("systemctl", "daemon-reload")
        return cls(container, "/run/edge-run.toml")

    def configure(self, **values):
        """Write the configuration; a value that is None is left out."""
        lines = [
            f"{key.replace('_', '-')} = {json.dumps(value)}\n"
            for key, value in {**SHOWN, **values}.items()
            if value is not None
        ]
        self._config.write_text("".join(lines))

    def model(self, content):
        """Put a model in the place of what is there, as a careful person does."""
        path = self.container.path(MODEL)
        beside = path.with_name("new")
        beside.write_bytes(content)
        beside.chmod(0o644)
        beside.rename(path)

    def started_with(self, **values):
        """Configure, start again, and wait for the first box; gives when it began."""
        self.configure(**values)
        moment = time.monotonic()
        self.service.systemctl("restart")
        return moment

    def restarts(self):
        return int(self.service.shown("NRestarts"))


def offline(container):
    unit = f"/opt/job/systemd/{UNIT}"
    version = container.run("systemctl", "--version").split()[1]
    with check(f"systemd-analyze {version} verify prints nothing"):
        said = container.run("systemd-analyze", "verify", unit)
        assert not said, said

    def exposure(what, most, text):
        container.path("/run/analyzed").mkdir(exist_ok=True)
        container.path(f"/run/analyzed/{UNIT}").write_text(text)
        command = ("systemd-analyze", "security", "--offline=yes", "--no-pager")
        said = container.run(*command, f"/run/analyzed/{UNIT}", good=())
        score = float(re.search(rf"level for {UNIT}:? ([\d.]+)", said)[1])
        with check(f"exposure {what}: {score}, at most {most}"):
            assert score <= most

    text = container.path(unit).read_text()
    exposure("as shipped", 1.0, text)
    for drop_in in container.path("/opt/job/systemd").glob("*network*.conf"):
        exposure(f"with {drop_in.name}", 1.5, f"{text}\n{drop_in.read_text()}")


def starts_and_stops(lab):
    service, firsts, stops = lab.service, [], []
    lab.configure()
    for _ in range(3):
        moment = time.monotonic()
        service.systemctl("start")
        box = service.box(after=moment)
        firsts.append(answered_at(box) - moment)
        ready = service.shown_moment("ActiveEnterTimestamp")
        moment = time.monotonic()
        service.systemctl("stop")
        stops.append(time.monotonic() - moment)
    measured("the first box after the start, median of three", statistics.median(firsts), 2.0)
    with check("it counts as started when a frame has been answered, not before"):
        assert ready >= min(answered_at(one) for one in service.answers()[-1:]) - 10.0
        first = next(one for one in service.answers() if one["captured_at"] >= box["captured_at"])
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
        assert "waiting for the camera" in service.shown("StatusText")
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
            said = [line for line in service.messages() if not line.startswith("{")][-5:]
            assert any(part in line for line in said), said
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


def sandbox(lab):
    container = lab.container
    text = lab.container.path(f"/etc/systemd/system/{UNIT}").read_text()
    text = re.sub(r"^(Restart|WatchdogSec|ExecReload|NotifyAccess).*\n", "", text, flags=re.M)
    text = re.sub(r"^Type=.*", "Type=oneshot", text, flags=re.M)
    probe = "/opt/edge-localizer/bin/python /opt/job/sandbox_probe.py"
    text = re.sub(r"^ExecStart=.*", f"ExecStart={probe}", text, flags=re.M)
    container.path("/etc/systemd/system/probe.service").write_text(text)
    container.run("systemctl", "daemon-reload")
    container.run("systemctl", "start", "probe")
    said = container.run("journalctl", "--unit=probe", "--output=cat")
    seen = json.loads(re.search(r'^\{"probe".*$', said, re.M)[0])
    with check("in its sandbox it is nobody, and writes into its own folder only"):
        assert seen["probe"] != 0
        done = [folder for folder, result in seen["written"].items() if result == "done"]
        assert done in ([STATE], [PRIVATE]), seen["written"]
    with check("and sees no home and no network, but the kernel's messages about devices"):
        assert seen["homes"] != "done"
        assert seen["network"] != "done"
        assert seen["netlink"] == "done"
    with check("and opens no device but what every program may"):
        every = {"full", "null", "ptmx", "random", "tty", "urandom", "zero"}
        opened = {path for path, result in seen["devices"].items() if result == "done"}
        assert opened <= {f"/dev/{name}" for name in every}, opened


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
