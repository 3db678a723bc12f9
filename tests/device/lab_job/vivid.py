"""The kernel's own camera, vivid, and its plug."""

import subprocess
import time
from pathlib import Path

NODE = Path("/dev/video0")
DRIVER = Path("/sys/bus/platform/drivers/vivid")
PATIENCE = 120.0  # seconds; under emulation all takes its time


def loaded():
    subprocess.run(["modprobe", "vivid", "n_devs=1", "node_types=0x1"], check=True)
    settled(NODE)


def plugged(there):
    (DRIVER / ("bind" if there else "unbind")).write_text("vivid.0")


def settled(node, there=True):
    end = time.monotonic() + PATIENCE
    while node.exists() != there:
        assert time.monotonic() < end, f"{node} does not {'come' if there else 'go'}"
        time.sleep(0.1)
