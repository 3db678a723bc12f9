"""A camera that is unplugged and plugged in again N times: ``python unplug_cycles.py N``."""

import os
import re
import sys
import time
from pathlib import Path

from checks import check
from edge_run import EdgeRun, answered_at
from vivid import NODE, loaded, plugged
from waiting import until

CYCLES = int(sys.argv[1])
SETTLING = 3  # cycles until what is made once has been made


def holds(pid):
    """Open files, threads, and memory in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    files = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208
    rss = int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024
    return files, int(re.search(r"Threads:\s+(\d+)", status)[1]), rss


loaded()
size = ("--size", "320x240", "--fps", 5)
with (
    check(f"{CYCLES} times unplugged and plugged in, and nothing is left behind"),
    EdgeRun("--camera", NODE, "--model", "model.tflite", *size) as run,
):
    run.frame()
    late = []
    for cycle in range(CYCLES):
        pulled = time.monotonic()
        plugged(False)
        run.says("trying again: ", after=pulled)
        back = time.monotonic()
        plugged(True)
        late.append(answered_at(run.frame(after=back)) - back)
        if cycle == SETTLING:
            before = holds(run.process.pid)

    def settled():
        """What it holds, once nothing of the last cycle is being closed any more."""
        now = holds(run.process.pid)
        return now if now[0] <= before[0] and now[1] <= before[1] else None

    after = until(settled, f"it holds no more than {before[0]} files and {before[1]} threads")
    median = sorted(late)[len(late) // 2]
    print(
        f"files {before[0]} to {after[0]}, threads {before[1]} to {after[1]}, "
        f"{before[2]:.1f} to {after[2]:.1f} MB; fresh frames after {median:.2f} s in the median, "
        f"{max(late):.2f} s at most",
        flush=True,
    )
    assert after[2] <= before[2] + 5.0
