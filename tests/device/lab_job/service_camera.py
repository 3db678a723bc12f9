"""The service in its real sandbox opens the camera, and no other device."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from checks import check
from vivid import NODE, loaded
from waiting import until

UNIT = Path("/etc/systemd/system/edge-run.service")
HOME = Path("/opt/edge-localizer")


def ran(*words):
    # without the job's own folder, which is in a home
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        text=True,
        check=False,
        timeout=300.0,
        env=environment,
    )
    assert done.returncode == 0, f"{words}: {done.stdout} {done.stderr}"
    return done.stdout


def installed():
    """As pip would: this machine has no network to fetch what pip itself needs."""
    ran("/usr/bin/python3", "-m", "venv", "--system-site-packages", "--without-pip", HOME)
    (packages,) = HOME.glob("lib/python3*/site-packages")
    shutil.copytree("edge", packages / "edge")
    shutil.copytree("systemd", HOME / "share/edge-localizer")
    for name, module in (("edge-run", "edge.__main__"), ("edge-device", "edge.device_cli")):
        program = HOME / "bin" / name
        entry = "command" if name == "edge-run" else "main"
        program.write_text(
            f"#!{HOME}/bin/python\nfrom {module} import {entry}\n"
            f"if __name__ == '__main__':\n    {entry}()\n"
        )
        program.chmod(0o755)
    state = Path("/var/lib/edge-run")
    state.mkdir()
    shutil.copy("model.tflite", state)
    config = f'camera = "{NODE}"\njson = true\nfps = 2\nsize = "320x240"\n'
    Path("/etc/edge-run.toml").write_text(config)
    shutil.copy("sandbox_probe.py", "/opt/sandbox_probe.py")


def journal(unit):
    return ran("journalctl", "--unit", unit, "--output=cat", "--no-pager")


with check("edge-device install-service installs the service for this machine's groups"):
    loaded()
    installed()
    ran(HOME / "bin/edge-device", "install-service")
    groups = {line.split(":")[0] for line in Path("/etc/group").read_text().splitlines()}
    there = " ".join(group for group in ("video", "render", "plugdev") if group in groups)
    assert f"\nSupplementaryGroups={there}\n" in UNIT.read_text(), there

with check("in its sandbox it reads the camera"):
    until(lambda: journal("edge-run").count('{"index"') >= 5, "the journal has five answers")
    assert "ActiveState=active" in ran("systemctl", "show", "edge-run")
    ran("systemctl", "stop", "edge-run")
    assert "Result=success" in ran("systemctl", "show", "edge-run")

with check("and opens no device but cameras and what every program may"):
    text = re.sub(r"^(Restart|WatchdogSec|ExecReload).*\n", "", UNIT.read_text(), flags=re.M)
    text = re.sub(r"^Type=.*", "Type=oneshot", text, flags=re.M)
    started = f"ExecStart={HOME}/bin/python /opt/sandbox_probe.py"
    text = re.sub(r"^ExecStart=.*", started, text, flags=re.M)
    UNIT.with_name("probe.service").write_text(text)
    ran("systemctl", "daemon-reload")
    ran("systemctl", "start", "probe")
    # what it printed may come into the journal after its end
    said = until(
        lambda: re.search(r'^\{"probe".*$', journal("probe"), re.M), "the probe has said it"
    )
    seen = json.loads(said[0])
    opened = {Path(path).name for path, result in seen["devices"].items() if result == "done"}
    every = {"full", "null", "ptmx", "random", "tty", "urandom", "zero"}
    cameras = {name for name in opened if re.match(r"video|media", name)}
    assert NODE.name in cameras, seen["devices"]
    assert opened - cameras <= every, opened
    refused = {Path(path).name for path, result in seen["devices"].items() if result != "done"}
    assert {"vda", "kmsg"} <= refused, seen["devices"]

ran(HOME / "bin/edge-device", "uninstall-service")
sys.exit(0)
