import subprocess
import sys

import pytest

LEFT_IN_OPENCV = """
import sys, threading
import cv2, numpy
from edge.__main__ import command

def blurs(picture, begun):
    while True:
        cv2.GaussianBlur(picture, (31, 31), 0)
        begun.set()

def run():
    print("written")
    begun = threading.Event()
    picture = numpy.zeros((999, 999, 3), numpy.uint8)
    threading.Thread(target=blurs, args=(picture, begun), daemon=True).start()
    begun.wait()
    ENDING

command(run)
"""


@pytest.mark.parametrize(
    ("ending", "status"), [("sys.exit(0)", 0), ("pass", 0), ("sys.exit(1)", 1), ("1 / 0", 1)]
)
def test_a_thread_left_behind_in_opencv_does_not_change_how_it_ended(ending, status):
    done = subprocess.run(
        [sys.executable, "-c", LEFT_IN_OPENCV.replace("ENDING", ending)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (status, "written\n"), done.stderr
    assert ("ZeroDivisionError" in done.stderr) is ("1 / 0" in ending)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_stream_that_the_caller_has_closed_is_no_fault(closed, tiny_model):
    words = f"--camera fake:rectangle --model {tiny_model} --max-frames 2 --json {closed}"
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m edge {words}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stdout.splitlines()) == (0 if closed == ">&-" else 2)


@pytest.mark.parametrize(
    ("command", "awaited"), [("command", "edge.cli"), ("device", "edge.device_cli")]
)
def test_ctrl_c_while_it_starts_ends_it_without_a_traceback(interrupted, command, awaited):
    done = interrupted("edge.__main__", command, awaited)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize("asked", ["--print-config", "--help"])
def test_a_full_disk_behind_standard_output_is_told(asked):
    command = f"{sys.executable} -m edge {asked} >/dev/full"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "cannot be written: No space left on device; " in done.stderr
    assert len(done.stderr.splitlines()) == 1
