"""A running edge-run as a service: told as systemd tells it, and heard as it hears it."""

import json
import os
import signal
import subprocess
import sys
import threading

from tests.edge.conftest import PATIENCE_S


class Service:
    """A running edge-run with a configuration, without a terminal, in a folder of its own."""

    def __init__(self, folder, systemd, **settings):
        self.folder, self.systemd = folder, systemd
        self.config = folder / "edge-run.toml"
        self.configure(**settings)
        self.log = folder / "log"
        # These tests may run under nohup, which edge-run would want to outlive as well.
        heard = ["env", "--default-signal=HUP"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*heard, sys.executable, "-m", "edge", "--config", str(self.config)],
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "4000000"},
                start_new_session=True,  # no terminal, as under systemd
            )
        self._lines = []
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def configure(self, **settings):
        lines = [f"{name.replace('_', '-')} = {json.dumps(to)}" for name, to in settings.items()]
        self.config.write_text("\n".join(lines))

    def _read(self):
        for line in self.process.stdout:
            with self._more:
                self._lines.append(json.loads(line))
                self._more.notify_all()

    def next_line(self, wanted=lambda line: True):
        """The next answer that is not known yet and is ``wanted``.

        After a reload the answers before it may still be on their way.
        """
        with self._more:
            known = len(self._lines)

            def found():
                return next((line for line in self._lines[known:] if wanted(line)), None)

            assert self._more.wait_for(found, PATIENCE_S), self.told()
            return found()

    def until(self, event):
        """Wait until an answer, known already or not, tells of ``event``."""
        with self._more:
            assert self._more.wait_for(lambda: self.events(event), PATIENCE_S), self.told()

    def hangup(self):
        """What systemctl reload sends; gives what systemd hears from its beginning to its end."""
        self.process.send_signal(signal.SIGHUP)
        return self.reload()

    def reload(self):
        """What systemd hears of the next reload."""
        heard = self.systemd.until("RELOADING=1")
        return heard[-1:] + self.systemd.until("READY=1")

    def status(self, part):
        """The next status that holds ``part``."""
        return self.systemd.until(part)[-1]

    def told(self):
        return self.log.read_text()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        self.process.stdout.close()
        return status

    def events(self, kind):
        return sum(line["event"] == kind for line in self._lines)

    @property
    def indices(self):
        return [line["index"] for line in self._lines]
