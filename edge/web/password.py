"""The password of the live page: kept as a hash, and what a browser carries once it was told."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import secrets
import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.errors import LocalizerError

SHORTEST, LONGEST = 8, 200
"""Characters of a password."""
_FORM = re.compile(r"edge-web-1:([0-9a-f]{32}):([0-9a-f]{64}):([0-9a-f]{64})\n?")
_DAYS = 30.0  # that a browser need not be told again


def usual_place(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the hash is: a service's credential, root's /etc, else the user's own folder."""
    if credentials := environment.get("CREDENTIALS_DIRECTORY"):
        return Path(credentials) / "web"
    if os.geteuid() == 0:
        return Path("/etc/edge-run.web")
    try:
        folder = environment.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    except RuntimeError:  # a service's user has no home
        return Path("/etc/edge-run.web")
    return Path(folder) / "edge-run" / "web"


def usual_file() -> Path | None:
    """That place, where there is a file; None also where this user may not look."""
    try:
        usual_place().stat()
    except OSError:
        return None
    return usual_place()


@dataclass(frozen=True, slots=True)
class Password:
    """What is kept of a password: nobody learns it from here."""

    salt: bytes
    hashed: bytes
    """scrypt's 32 bytes; about 50 ms of one core and 16 MB of memory, each time."""
    key: bytes
    """Signs what browsers carry: with another password all of them are asked again."""

    @classmethod
    def chosen(cls, text: str) -> Password:
        """Of the words that a person chose; raises LocalizerError where they are too few."""
        if not SHORTEST <= len(text) <= LONGEST:
            raise LocalizerError(
                f"a password of the page has {SHORTEST} to {LONGEST} characters; choose another. "
                f"Received: {len(text)} characters"
            )
        salt = secrets.token_bytes(16)
        return cls(salt, _hashed(text, salt), secrets.token_bytes(32))

    @classmethod
    def read(cls, path: Path) -> Password:
        """What ``write`` wrote; raises LocalizerError where it is not that."""
        try:
            with path.open("rb") as file:
                text = file.read(1024).decode("ascii", errors="replace")
        except OSError as error:
            raise LocalizerError(
                f"{path} cannot be read: {error.strerror}; edge-device web-password writes it"
            ) from error
        parts = _FORM.fullmatch(text)
        if parts is None:
            raise LocalizerError(
                f"{path} is no hash of a password; write it with edge-device web-password"
            )
        return cls(*(bytes.fromhex(part) for part in parts.groups()))

    def write(self, path: Path) -> None:
        """Write it for this user alone, in place of the one before.

        Raises LocalizerError where ``path`` is something else, which is left as it is.
        """
        if os.path.lexists(path):
            try:
                Password.read(path)
            except LocalizerError as error:
                raise LocalizerError(
                    f"{path} is there and is no hash of a password, so it is not replaced; give "
                    "another file, or move it away"
                ) from error
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        text = f"edge-web-1:{self.salt.hex()}:{self.hashed.hex()}:{self.key.hex()}\n"
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "w") as writing:
                writing.write(text)
            beside.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):  # its folder may be gone
                beside.unlink(missing_ok=True)
            raise LocalizerError(
                f"{path} cannot be written: {error.strerror}; give another file, and name it to "
                "edge-run with --web-password-file"
            ) from error

    def is_it(self, text: str) -> bool:
        """Whether ``text`` is the password; takes its time whatever it is."""
        return hmac.compare_digest(_hashed(text[:LONGEST], self.salt), self.hashed)


class Sessions:
    """What browsers carry instead of the password: a time signed with the password's key.

    Nothing is kept here, so a device that starts anew knows them still.
    """

    seconds = round(_DAYS * 86400)
    """Seconds that one lasts."""

    def __init__(self, password: Password, now: Callable[[], float] = time.time) -> None:
        """now: seconds since the epoch."""
        self._key = password.key
        self._now = now
        # Browsers do not tell ports apart: two devices behind tunnels would take each other's.
        self.cookie = "edge-" + hashlib.sha256(b"name" + password.key).hexdigest()[:8]
        """The name of the cookie."""

    def new(self) -> str:
        """The cookie's value for a browser that told the password."""
        content = f"{int(self._now()) + self.seconds}.{secrets.token_hex(8)}"
        return f"{content}.{self._signed(content)}"

    def good(self, value: str) -> bool:
        """Whether it is such a value, and not too old."""
        content, _, signature = value.rpartition(".")
        if not hmac.compare_digest(self._signed(content).encode(), signature.encode()):
            return False
        return self._now() < int(content.partition(".")[0])

    def _signed(self, content: str) -> str:
        return hmac.new(self._key, content.encode(), hashlib.sha256).hexdigest()


def _hashed(text: str, salt: bytes) -> bytes:
    # Keyboards write the same letter in several ways.
    letters = unicodedata.normalize("NFC", text).encode(errors="surrogatepass")
    return hashlib.scrypt(letters, salt=salt, n=2**14, r=8, p=1, dklen=32)
