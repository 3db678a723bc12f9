"""Fetches what pip would install beside edge-localizer on a device, without being there.

``python device_wheels.py PYTHON MACHINE pip-command… [-- requirement…]``, for example
``python device_wheels.py 3.13 aarch64 install --target DIR -- pytest``: pyproject's dependencies
whose markers hold for that Python and machine, and its extra mqtt, as binary wheels only.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

_GLIBC = (34, 28, 27, 17)
"""The minor versions of glibc 2 that bookworm has or surpasses, and wheels are tagged with."""

python, machine, *rest = sys.argv[1:]
split = rest.index("--") if "--" in rest else len(rest)
command, further = rest[:split], rest[split + 1 :]
project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
target = {"python_version": python, "platform_machine": machine}
wanted = []
for line in [*project["dependencies"], *project["optional-dependencies"]["mqtt"]]:
    requirement = Requirement(line)
    if requirement.marker is None or requirement.marker.evaluate(target):
        requirement.marker = None
        wanted.append(str(requirement))
platforms = [f"manylinux_2_{minor}_{machine}" for minor in _GLIBC] + [f"manylinux2014_{machine}"]
tags = [option for platform in platforms for option in ("--platform", platform)]
sys.exit(
    subprocess.run(
        [
            *[sys.executable, "-m", "pip", *command, "--quiet", "--only-binary=:all:", *tags],
            *["--python-version", python, "--implementation", "cp", *wanted, *further],
        ],
        check=False,
    ).returncode
)
