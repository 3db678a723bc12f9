"""What systemd is told of a service: sd_notify(3)'s protocol over its datagram socket."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Mapping

_PATIENCE = 1.0  # seconds that a manager which reads nothing may hold the caller


class Manager:
    """The service manager that started this process. What it does not read is lost, not raised."""

    def __init__(self, address: str, watchdog_s: float | None = None) -> None:
        """address: the path of its socket; one that begins with @ is abstract.

        watchdog_s: seconds without a keep-alive after which it ends this process, if it does.
        """
        self.watchdog_s = watchdog_s
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(_PATIENCE)

    @classmethod
    def found(cls, environment: Mapping[str, str] = os.environ) -> Manager | None:
        """The one that the environment names; None where nobody wants to be told."""
        address = environment.get("NOTIFY_SOCKET", "")
        if address[:1] not in ("/", "@"):
            return None
        # A program between systemd and this one may have left the variables of its own watchdog.
        mine = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        usec = environment.get("WATCHDOG_USEC", "") if mine else ""
        return cls(address, int(usec) / 1e6 if usec.isdecimal() and int(usec) else None)

    def ready(self) -> None:
        """The service does its work, or does it again after a reload."""
        self._tell("READY=1")

    def alive(self) -> None:
        """The keep-alive."""
        self._tell("WATCHDOG=1")

    def status(self, sentence: str) -> None:
        """What ``systemctl status`` shows in one line."""
        self._tell(f"STATUS={' '.join(sentence.split())}")

    def reloading(self) -> None:
        """A reload begins; ``ready`` ends it, whether it was taken or refused."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """The end begins."""
        self._tell("STOPPING=1")

    def close(self) -> None:
        self._socket.close()

    def _tell(self, text: str) -> None:
        # Whoever does not read it restarts the service in time; it must not fail the run.
        with contextlib.suppress(OSError):
            self._socket.sendto(text.encode(errors="replace"), self._address)
