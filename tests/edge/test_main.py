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
