"""edge-run on a V4L2 camera of the kernel's, which is unplugged and plugged in again."""

import itertools
import json
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

from checks import check

NODE = Path("/dev/video0")
DRIVER = Path("/sys/bus/platform/drivers/vivid")
PATIENCE = 120.0  # seconds; under emulation all takes its time
BEFORE, AFTER = 10, 20  # frames


class Run:
    """An edge-run, and its lines as they come."""

    def __init__(self, frames):
        command = [sys.executable, "-m", "edge", "--camera", str(NODE), "--model", "model.tflite"]
        self.process = subprocess.Popen(
            [*command, "--max-frames", str(frames), "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = []
        self._lines = queue.Queue()
        self._hearing = threading.Thread(target=self._hear, daemon=True)
        self._hearing.start()
        threading.Thread(target=self._read, daemon=True).start()

    def frame(self):
        """The next frame's line; None at the end."""
        line = self._lines.get(timeout=PATIENCE)
        return None if line is None else json.loads(line)

    def says(self, part):
        """Wait for a sentence that has ``part`` in it."""
        end = time.monotonic() + PATIENCE
        while not any(part in sentence for sentence in self.said):
            assert time.monotonic() < end, f"it said: {' / '.join(self.said)}"
            time.sleep(0.1)

    def ended(self):
        """The exit status."""
        status = self.process.wait(PATIENCE)
        self._hearing.join(PATIENCE)
        return status

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _hear(self):
        for line in self.process.stderr:
            self.said.append(line.rstrip())


def plugged(there):
    (DRIVER / ("bind" if there else "unbind")).write_text("vivid.0")


def settled():
    end = time.monotonic() + PATIENCE
    while not NODE.exists():
        assert time.monotonic() < end, f"{NODE} does not come"
        time.sleep(0.1)


def main():
    subprocess.run(["modprobe", "vivid", "n_devs=1", "node_types=0x1"], check=True)
    with check("the kernel's camera is there"):
        settled()

    with check("edge-run lists it by its name"):
        listed = subprocess.run(
            [sys.executable, "-m", "edge", "--list-cameras"],
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        ).stdout
        assert f"{NODE}  vivid" in listed, listed

    with check("edge-run reads frames of it through V4L2 and ends after the last"):
        run = Run(BEFORE)
        frames = [run.frame() for _ in range(BEFORE)]
        assert run.frame() is None
        assert run.ended() == 0, run.said
        moments = [frame["captured_at"] for frame in frames]
        assert all(one < other for one, other in itertools.pairwise(moments)), moments

    run = Run(BEFORE + AFTER)
    with check("an unplugged camera is told and waited for"):
        for _ in range(BEFORE):
            before = run.frame()
        plugged(False)
        run.says("trying again: ")
        run.says(f"{NODE} is not there")
        assert run.process.poll() is None

    with check("plugged in again it is opened again and gives fresh frames"):
        back = time.monotonic()
        plugged(True)
        run.says("the camera is back after ")
        after = []
        while (frame := run.frame()) is not None:
            after.append(frame)
        fresh = [frame for frame in after if frame["captured_at"] > back]
        assert len(fresh) >= AFTER // 2, f"{len(fresh)} of {len(after)}"
        indices = [before["index"], *(frame["index"] for frame in after)]
        assert indices == sorted(set(indices)), indices

    with check("and the run ends by itself, with all its frames"):
        assert run.ended() == 0, run.said
        assert f"{BEFORE + AFTER} frames" in run.said[-1], run.said

    run.process.kill()


main()
