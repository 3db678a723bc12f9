"""Where a server of this program listens."""

from __future__ import annotations

import errno
import ipaddress
import re
from dataclasses import dataclass

from edge.errors import LocalizerError


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen."""

    host: str
    """A name or an address, without the brackets of IPv6."""
    port: int

    @classmethod
    def parsed(cls, text: str, option: str = "--metrics", port: int = 9464) -> Address:
        """``[HOST:]PORT``; without a host only this machine is answered.

        option: who takes it, and port: a likely one, both for the sentence of the LocalizerError.
        """
        parts = re.fullmatch(r"(?:(\[[0-9a-fA-F:]+\]|[^:\s]+):)?([0-9]{1,5})", text)
        if parts is None or int(parts[2]) > 65535:
            raise LocalizerError(
                f"{option} takes PORT or HOST:PORT, with a port from 0 to 65535, such as {port} or "
                f"0.0.0.0:{port}. Received: {text}"
            )
        return cls((parts[1] or "127.0.0.1").strip("[]"), int(parts[2]))

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def refused(self, option: str, error: OSError | UnicodeError) -> LocalizerError:
        """What to tell of an ``error`` of listening here, asked for by ``option``."""
        why = getattr(error, "strerror", None) or "that is no name of a machine"
        way_out = "name an address of this machine, or leave the host out"
        if getattr(error, "errno", None) in (errno.EADDRINUSE, errno.EACCES):
            way_out = "give another port, or end the program that has this one"
        return LocalizerError(f"{option} cannot listen at {self}: {why}; {way_out}")

    @property
    def only_here(self) -> bool:
        """Whether no other machine reaches it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:  # a name
            return self.host == "localhost"

    @property
    def everywhere(self) -> bool:
        """Whether it is all addresses of this machine."""
        return self.host in ("0.0.0.0", "::")  # noqa: S104 - asked, not bound
