"""What a unit's sandbox lets a program do: prints a line of JSON. Runs in the unit."""

import json
import os
import socket
import sys
from pathlib import Path

sys.stdout.reconfigure(line_buffering=True)


def tried(action):
    """What went wrong, or "done"."""
    try:
        action()
    except OSError as error:
        return error.strerror or str(error)
    return "done"


def opened(path, flags):
    os.close(os.open(path, flags))


def written(folder):
    path = Path(folder) / "probe"
    path.write_text("probe")
    path.unlink()


nodes = [path for path in sorted(Path("/dev").iterdir()) if not path.is_symlink()]
devices = [str(path) for path in nodes if path.is_char_device() or path.is_block_device()]
print(
    json.dumps(
        {
            "probe": os.getuid(),
            "written": {
                folder: tried(lambda folder=folder: written(folder))
                for folder in (
                    "/etc",
                    "/opt",
                    "/usr",
                    "/var/lib",
                    "/run",
                    "/dev",
                    "/home",
                    str(Path.cwd()),
                )
            },
            "network": tried(lambda: socket.socket(socket.AF_INET).close()),
            "netlink": tried(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15).close()),
            "homes": tried(lambda: list(Path("/root").iterdir())),
            "devices": {path: tried(lambda path=path: opened(path, os.O_RDWR)) for path in devices},
        }
    )
)
