"""The kernel's own camera, vivid, and its plug."""

import subprocess
from pathlib import Path

from waiting import until

NODE = Path("/dev/video0")
DRIVER = Path("/sys/bus/platform/drivers/vivid")


def loaded():
    subprocess.run(["modprobe", "vivid", "n_devs=1", "node_types=0x1"], check=True)
    settled(NODE)


def plugged(there):
    (DRIVER / ("bind" if there else "unbind")).write_text("vivid.0")


def settled(node, there=True):
    until(lambda: node.exists() == there, f"{node} is {'there' if there else 'gone'}")
