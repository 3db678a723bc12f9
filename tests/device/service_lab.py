"""The service in a container, and what a person does to it."""

import json
import re

from checks import check
from container import Service

UNIT = "edge-run.service"
STATE = "/var/lib/edge-run"
MODEL = f"{STATE}/model.tflite"
PRIVATE = "/var/lib/private/edge-run"
"""Where STATE really is."""
PROGRAMS = "/opt/edge-localizer/bin"
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
        """Configure and start again; gives when that began, after the end of what ran before."""
        self.configure(**values)
        self.service.systemctl("restart")
        return self.service.shown_moment("ExecMainStartTimestamp")

    def restarts(self):
        return int(self.service.shown("NRestarts"))
