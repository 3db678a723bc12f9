"""What the unit keeps the service from: as systemd reckons it, and as a probe in it finds it."""

import json
import re

from checks import check
from service_lab import PRIVATE, STATE, UNIT
from waiting import until


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

    def printed():
        said = container.run("journalctl", "--unit=probe", "--output=cat")
        return re.search(r'^\{"probe".*$', said, re.M)

    # what it printed may come into the journal after its end
    seen = json.loads(until(printed, "the probe has said it")[0])
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
