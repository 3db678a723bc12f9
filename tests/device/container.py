"""A Debian with a real systemd, booted by systemd-nspawn, and a service's journal in it."""

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from waiting import PATIENCE, until


class Container:
    """A booted root file system. What is written in it is forgotten at its end."""

    def __init__(self, root, *options):
        """options: further ones of systemd-nspawn."""
        # A private network, so that no unit of the host's is reached; the host's own manager is
        # asked for nothing.
        self._nspawn = subprocess.Popen(
            [
                *["systemd-nspawn", "--quiet", f"--directory={root}", "--register=no"],
                *["--keep-unit", "--private-network", "--console=pipe"],
                *[f"--machine=lab{os.getpid()}", *options, "--boot"],
                "systemd.unit=multi-user.target",
            ],
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._console = b""
        threading.Thread(target=self._hear, daemon=True).start()
        try:
            self._leader = self._wait_for_leader()
            until(lambda: self._state() in ("running", "degraded"), "the container is up")
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._nspawn.terminate()  # an orderly power off
        try:
            self._nspawn.wait(15.0)
        except subprocess.TimeoutExpired:
            self._nspawn.kill()
            self._nspawn.wait()

    def command(self, *words):
        """The words that run ``words`` in the container."""
        enter = ["nsenter", f"--target={self._leader}", "--mount", "--uts", "--ipc", "--pid"]
        return [*enter, "--net", "--cgroup", "--", *map(str, words)]

    def run(self, *words, good=(0,)):
        """What a command in the container prints; AssertionError where it fails."""
        done = subprocess.run(
            self.command(*words), capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        said = done.stdout + done.stderr
        assert not good or done.returncode in good, f"{' '.join(map(str, words))}: {said}"
        return said.strip()

    def path(self, inside):
        """The host's name of a path in the container."""
        return Path(f"/proc/{self._leader}/root{inside}")

    def _hear(self):
        for line in self._nspawn.stdout:
            self._console = (self._console + line)[-4000:]

    def _wait_for_leader(self):
        """The process that is systemd there; an earlier child of another name goes away."""

        def found():
            assert self._nspawn.poll() is None, self._console.decode(errors="replace")
            children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children")
            for child in children.read_text().split():
                comm = Path(f"/proc/{child}/comm")
                if comm.exists() and comm.read_text() == "systemd\n":
                    return int(child)
            return None

        return until(found, "systemd is started")

    def _state(self):
        return self.run("systemctl", "is-system-running", good=()).splitlines()[0]


class Service:
    """A unit of the container, and its journal as it grows."""

    def __init__(self, container, unit):
        self.container, self.unit = container, unit
        self._entries = []
        self._changed = threading.Condition()
        self._journal = subprocess.Popen(
            container.command(
                *["journalctl", f"--unit={unit}", "--output=json", "--all", "--follow", "--no-tail"]
            ),
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def close(self):
        self._journal.kill()
        self._journal.wait()

    def systemctl(self, verb, *options, good=(0,)):
        return self.container.run("systemctl", verb, *options, self.unit, good=good)

    def shown(self, name):
        """A property of the unit, as text."""
        return self.systemctl("show", "--value", f"--property={name}")

    def shown_moment(self, name):
        """A time stamp of the unit, in seconds on the monotonic clock."""
        return int(self.shown(f"{name}Monotonic")) / 1e6

    def main_pid(self):
        """The main process as the container numbers it."""
        return int(self.shown("MainPID"))

    def signal(self, number):
        """Send a signal to the main process only; gives the moments before and after."""
        name = signal.Signals(number).name
        before = time.monotonic()
        self.systemctl("kill", "--kill-whom=main", f"--signal={name}")
        return before, time.monotonic()

    def messages(self):
        """All lines so far, those of systemd about the unit too."""
        with self._changed:
            return [entry["MESSAGE"] for entry in self._entries]

    def says(self, part, after=0.0):
        """The moment, later than ``after``, of a line that has ``part`` in it; waits for it.

        A sentence may have several lines, each of which comes for itself. Answers do not count.
        """

        def found(entry):
            said = not entry["line"] and part in entry["MESSAGE"]
            return said and entry["moment"] > after and entry["moment"]

        return self._wait(found, repr(part))

    def box(self, after=0.0):
        """The first answer with a box to a frame captured later than ``after``; waits for it."""

        def found(entry):
            line = entry["line"]
            return line and line["box"] and line["captured_at"] > after and line

        return self._wait(found, "a box")

    def answers(self):
        """The answers so far."""
        with self._changed:
            return [entry["line"] for entry in self._entries if entry["line"]]

    def _wait(self, found, what):
        end = time.monotonic() + PATIENCE
        at = 0
        with self._changed:
            while True:
                while at < len(self._entries):
                    if result := found(self._entries[at]):
                        return result
                    at += 1
                if not self._changed.wait(end - time.monotonic()):
                    last = " / ".join(e["MESSAGE"][:200] for e in self._entries[-5:])
                    raise AssertionError(f"the journal has not {what}; its end: {last}")

    def _read(self):
        for text in self._journal.stdout:
            entry = json.loads(text)
            message = entry["MESSAGE"]
            message = bytes(message).decode() if isinstance(message, list) else message or ""
            line = json.loads(message) if message.startswith('{"index"') else None
            moment = int(entry["__MONOTONIC_TIMESTAMP"]) / 1e6
            with self._changed:
                self._entries.append({"MESSAGE": message, "moment": moment, "line": line})
                self._changed.notify_all()


def answered_at(line):
    """When an answer was there, in seconds on the monotonic clock."""
    return line["captured_at"] + line["age_ms"] / 1000.0
