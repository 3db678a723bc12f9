"""Real network cameras on this machine."""

import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

_SYSTEM_PYTHON = "/usr/bin/python3"
_NEEDS = "gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-{base,good,ugly}"


@pytest.fixture
def rtsp_camera():
    """Starts a real RTSP server, and gives its process and URL."""
    if shutil.which(_SYSTEM_PYTHON) is None:
        pytest.skip(f"no {_SYSTEM_PYTHON}, so no RTSP server; apt install python3 {_NEEDS}")
    started = []

    def start():
        server = Path(__file__).with_name("rtsp_server.py")
        process = subprocess.Popen(
            [_SYSTEM_PYTHON, str(server)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        port = process.stdout.readline().strip()
        if not port:
            pytest.skip(f"GStreamer's RTSP server is not installed; apt install {_NEEDS}")
        return process, f"rtsp://127.0.0.1:{port}/cam"

    yield start
    for process in started:
        process.kill()
        process.communicate()


class MjpegCamera:
    """An HTTP server of one MJPEG stream: JPEGs as bytes, or events that it waits for."""

    def __init__(self):
        self.parts = []
        self.asked = threading.Semaphore(0)
        """Released at each request for the stream."""
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                if self.path != "/cam":
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                camera.asked.release()
                for part in camera.parts:
                    if isinstance(part, threading.Event):
                        part.wait(30.0)
                        continue
                    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(part)}"
                    try:
                        self.wfile.write(head.encode() + b"\r\n\r\n" + part + b"\r\n")
                    except OSError:  # the viewer has left
                        return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/cam"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()

    @staticmethod
    def jpeg(grey, width=64, height=48):
        return cv2.imencode(".jpg", np.full((height, width, 3), grey, np.uint8))[1].tobytes()

    def close(self):
        for part in self.parts:
            if isinstance(part, threading.Event):
                part.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def mjpeg_camera():
    camera = MjpegCamera()
    yield camera
    camera.close()
