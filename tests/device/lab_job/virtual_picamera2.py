"""The real Picamera2 on libcamera's virtual pipeline: for tests on a machine that is no Pi.

Picamera2 expects a Raspberry Pi below it. What stands in for it here, and only here:

1. a module ``pykms``, which Picamera2 imports for previews that nothing asks for;
2. the list of raw modes, which the virtual pipeline has not: that of its pictures instead;
3. buffers from the system's DMA heap, each described as the two planes of NV12;
4. the conversion by the ISP: the virtual pipeline gives NV12 only, so each picture is put into the
   format that was asked for when its buffer is read. Rows are filled up to a stride as on a Pi.

All else, the event loop, its jobs, requests, arrays and metadata, is Picamera2's own.
"""

import sys
import types
from pathlib import Path

import cv2
import libcamera
import numpy as np

_PADDING = 256
"""Bytes that a row is filled up to a multiple of: more than on a Pi, so that it is always seen."""


class _AnyFormat:
    def __getattr__(self, name):
        return name


def _shimmed():
    pykms = types.ModuleType("pykms")
    pykms.PixelFormat = _AnyFormat()
    sys.modules.setdefault("pykms", pykms)
    heap = Path("/dev/dma_heap/linux,cma")  # the name that Picamera2 looks for
    if not heap.exists():
        heap.symlink_to("system")
    import picamera2
    import picamera2.allocators
    import picamera2.request

    return picamera2


picamera2 = _shimmed()


def stride_of(bytes_a_row):
    return -(-bytes_a_row // _PADDING) * _PADDING


def as_asked(nv12, form, width, height):
    """The bytes of a picture in ``form``, from those in NV12 of full range."""
    luma = nv12[: width * height].reshape(height, width)
    colours = nv12[width * height :].reshape(height // 2, width // 2, 2)
    if form == "YUV420":
        stride = stride_of(width)
        rows = np.full((height * 3 // 2, stride), 77, np.uint8)
        rows[:height, :width] = luma
        planes = rows[height:].reshape(2, height // 2, stride // 2)
        planes[0, :, : width // 2], planes[1, :, : width // 2] = colours[..., 0], colours[..., 1]
        return rows.ravel()
    assert form == "RGB888", f"no conversion to {form}"
    full = cv2.resize(colours, (width, height), interpolation=cv2.INTER_LINEAR)
    y_cr_cb = cv2.merge([luma, full[..., 1], full[..., 0]])
    rows = np.full((height, stride_of(width * 3)), 77, np.uint8)
    rows[:, : width * 3] = cv2.cvtColor(y_cr_cb, cv2.COLOR_YCrCb2BGR).reshape(height, -1)
    return rows.ravel()


class Nv12Allocator(picamera2.allocators.DmaAllocator):
    """DMA buffers of two planes each, as the virtual pipeline asks of NV12."""

    def allocate(self, libcamera_config, use_case):
        super().allocate(libcamera_config, use_case)
        for config in libcamera_config:
            width, height = config.size.width, config.size.height
            described = []
            for whole in self.frame_buffers[config.stream]:
                planes = [libcamera.FrameBuffer.Plane() for _ in range(2)]
                for plane, offset, length in zip(
                    planes, (0, width * height), (width * height, width * height // 2), strict=True
                ):
                    plane.fd, plane.offset, plane.length = whole.planes[0].fd, offset, length
                buffer = libcamera.FrameBuffer(planes)
                # libcamera has duplicated the descriptor: what goes by its number has to follow.
                old, new = whole.planes[0].fd, buffer.planes[0].fd
                self.mapped_buffers[buffer] = self.mapped_buffers.pop(whole)
                self.mapped_buffers_used[new] = self.mapped_buffers_used.pop(old, False)
                self.libcamera_fds.append(new)
                described.append(buffer)
            self.frame_buffers[config.stream] = described


class Isp(picamera2.request.Helpers):
    """Makes arrays of the format that was asked for, of buffers of NV12."""

    def _make_array_shared(self, buffer, config):
        converted = as_asked(buffer, config["format"], *config["size"])
        return super()._make_array_shared(converted, config)


class Picamera2(picamera2.Picamera2):
    """Picamera2 with what the virtual pipeline needs."""

    def __init__(self, camera_num=0):
        super().__init__(camera_num, allocator=Nv12Allocator())
        self.helpers = Isp(self)

    def _get_raw_modes(self):
        config = self.camera.generate_configuration([libcamera.StreamRole.Viewfinder])
        formats = config.at(0).formats
        return [
            {"format": str(pixels), "size": (size.width, size.height)}
            for pixels in formats.pixel_formats
            for size in formats.sizes(pixels)
        ]

    def configure_(self, camera_config):
        forms = {
            name: camera_config[name]["format"]
            for name in ("main", "lores")
            if camera_config[name] is not None
        }
        super().configure_(camera_config)
        for name, form in forms.items():
            stream = self.camera_config[name]
            assert stream["format"] == "NV12", "libcamera gives more by now: mend this file"
            stream["format"] = form
            stream["stride"] = stride_of(stream["size"][0] * (3 if form == "RGB888" else 1))


module = types.SimpleNamespace(Picamera2=Picamera2)
"""What ``edge.sources.picamera`` takes for the module picamera2."""
