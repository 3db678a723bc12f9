"""How often a wrong password may be told."""

from __future__ import annotations

import ipaddress
import time
from collections import deque
from collections.abc import Callable


class Attempts:
    """Counts wrong passwords, by where they come from and in all."""

    def __init__(
        self,
        each: int = 5,
        most: int = 30,
        window_s: float = 60.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """each: from one place within ``window_s`` seconds. most: from all places.

        now: seconds on the monotonic clock.
        """
        self._each = each
        self._most = most
        self._window_s = window_s
        self._now = now
        self._wrong: deque[tuple[float, str]] = deque()  # never more than ``most``

    def wait_s(self, client: str) -> float:
        """Seconds until this client may try again; 0.0 if it may now."""
        now = self._now()
        while self._wrong and now - self._wrong[0][0] >= self._window_s:
            self._wrong.popleft()
        mine = [at for at, place in self._wrong if place == _place(client)]
        if len(mine) >= self._each:
            return mine[-self._each] + self._window_s - now
        if len(self._wrong) >= self._most:
            return self._wrong[0][0] + self._window_s - now
        return 0.0

    def wrong(self, client: str) -> None:
        """It told a wrong one."""
        self._wrong.append((self._now(), _place(client)))

    def right(self, client: str) -> None:
        """It told the right one: what it mistyped before is forgotten."""
        place = _place(client)
        self._wrong = deque(one for one in self._wrong if one[1] != place)


def _place(client: str) -> str:
    """The client, or the network that an IPv6 client may take any address of."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return client
