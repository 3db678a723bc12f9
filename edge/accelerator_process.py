"""The process that holds an accelerator's interpreter, seen from the program that started it."""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge.accelerator_child import FAILED
from edge.image import Image
from edge.runtime import Network
from edge.tensors import Outputs, Quantization

_ROOM = 1 << 16  # bytes of a message


class Lost(Exception):
    """The accelerator's process cannot answer any more; its text says why."""


class Child:
    """One process with the accelerator's interpreter."""

    def __init__(self, model: Path, delegate: str, twin: Network) -> None:
        """Start loading ``model``; ``twin`` runs the same network on the CPU."""
        self._model, self._twin = model, twin
        self._quantization: dict[str, Quantization] = {}
        self._shapes = {name: (codes.shape, codes.dtype) for name, codes in twin.codes().items()}
        width, height = twin.size
        outputs = sum(codes.nbytes for codes in twin.codes().values())
        shared = os.memfd_create("edge-accelerator")
        self._said = os.memfd_create("edge-accelerator-stderr")
        os.ftruncate(shared, height * width * 3 + outputs)
        self._memory = mmap.mmap(shared, 0)
        self._pixels = np.frombuffer(self._memory, np.uint8, height * width * 3)
        # Messages keep their borders, and the end of the process is an empty one.
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        told = os.dup(2)
        theirs_alive, self._alive = os.pipe()
        descriptors = (theirs.fileno(), theirs_alive, shared, told)
        root = str(Path(__file__).parents[1])
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "edge.accelerator_child",
                 *map(str, descriptors), str(model), delegate],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                pass_fds=descriptors,
                env={**os.environ, "PYTHONPATH": path},
                start_new_session=True,  # Ctrl-C is not for it
            )  # fmt: skip
        finally:
            theirs.close()
            for descriptor in descriptors[1:]:
                os.close(descriptor)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def loaded(self, patience: float = 0.0) -> str | None:
        """The runtime's name and version once the model is loaded, None while it is not.

        patience: seconds to wait. Raises Lost where it was refused or has died.
        """
        self._channel.settimeout(patience)
        try:
            layout = json.loads(self._received())
        except (BlockingIOError, TimeoutError):
            return None
        except OSError as error:
            raise Lost(self._end()) from error
        if "refused" in layout:
            raise Lost(layout["refused"])
        shapes = {
            name: (tuple(output["shape"]), np.dtype(output["dtype"]))
            for name, output in layout["outputs"].items()
        }
        if tuple(layout["size"]) != self._twin.size or shapes != self._shapes:
            raise Lost(
                f"{self._model} has other tensors than its twin for the CPU; convert both again"
            )
        self._quantization = {
            name: Quantization(output["scale"], output["zero_point"])
            for name, output in layout["outputs"].items()
        }
        return str(layout["runtime"])

    def __call__(self, pixels: Image, deadline: float) -> Outputs:
        """The outputs for pixels of the model's size; raises Lost after ``deadline`` seconds."""
        self._pixels[:] = pixels.reshape(-1)
        self._channel.settimeout(deadline)
        try:
            self._channel.send(b"?")
            answer = self._received()
        except TimeoutError:
            raise Lost(f"the accelerator gave no answer for {deadline:g} s") from None
        except OSError as error:
            raise Lost(self._end()) from error
        if answer[:1] == FAILED:
            raise Lost(f"the accelerator failed ({answer[1:].decode(errors='replace').strip()})")
        return Outputs(self._codes(), self._quantization)

    def close(self) -> None:
        """Kill the process, whatever it hangs in."""
        self._channel.close()
        self._process.kill()
        # What is stuck in the kernel goes when the driver lets go.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)
        os.close(self._alive)
        os.close(self._said)

    def _codes(self) -> Mapping[str, npt.NDArray[Any]]:
        codes, at = {}, self._pixels.nbytes
        for name, (shape, dtype) in self._shapes.items():  # in the order of the twin's names
            values = np.frombuffer(self._memory, dtype, int(np.prod(shape)), at)
            codes[name] = values.reshape(shape).copy()
            at += values.nbytes
        return codes

    def _received(self) -> bytes:
        message = self._channel.recv(_ROOM)
        if not message:
            raise Lost(self._end())
        return message

    def _end(self) -> str:
        """Why the process has ended, as far as it can be known."""
        try:
            code = self._process.wait(0.5)
        except subprocess.TimeoutExpired:
            return "the accelerator's process closed its end"
        said = os.pread(self._said, 4000, 0).decode(errors="replace").splitlines()
        told = [line.strip() for line in said if line.strip() and not line.startswith("INFO:")]
        last = f" ({told[-1]})" if told else ""
        if code >= 0:
            return f"the accelerator's process ended with status {code}{last}"
        return (
            f"the accelerator's driver crashed ({signal.Signals(-code).name}){last}; see that its "
            "library was built for this runtime"
        )
