"""A camera whose pictures are known, through v4l2loopback: ``python loopback_camera.py NODE``.

Shows a red rectangle on black in one place after the other, two seconds each, until it is killed.
"""

import fcntl
import itertools
import os
import struct
import sys
import time

import cv2

from edge.sources.fake import picture

SIZE = (320, 240)
PLACES = (0, 45, 90)
"""Frames of the fake camera's scene."""
RATE = 5  # frames a second
EACH = 2 * RATE  # frames

_S_FMT = 3 << 30 | 208 << 16 | ord("V") << 8 | 5  # _IOWR('V', 5, struct v4l2_format)
_OUTPUT = 2  # V4L2_BUF_TYPE_VIDEO_OUTPUT


def main(node):
    width, height = SIZE
    yuyv = int.from_bytes(b"YUYV", "little")
    pixels = struct.pack("=8I", width, height, yuyv, 1, 2 * width, 2 * width * height, 8, 0)
    form = struct.pack("=II", _OUTPUT, 0) + pixels
    out = os.open(node, os.O_RDWR)
    fcntl.ioctl(out, _S_FMT, form.ljust(208, b"\0"))
    shown = [cv2.cvtColor(picture("rectangle", i, SIZE), cv2.COLOR_RGB2YUV_YUY2) for i in PLACES]
    for number in itertools.count():
        os.write(out, shown[number // EACH % len(shown)].tobytes())
        time.sleep(1 / RATE)


if __name__ == "__main__":
    main(sys.argv[1])
