"""The process that holds an accelerator's interpreter, so that only it dies with the driver.

    python -m edge.accelerator_child SOCKET PIPE MEMORY STDERR MODEL DELEGATE

The first four are descriptors; PIPE ends with the program that started this one. One JSON message
says that the model is loaded, or why it is not. Then a message asks for one inference, and the
answer to it says that the outputs are in place. Pixels and outputs travel in MEMORY, which both
processes share: the input first, then the outputs in the order of
the network's ``names``.
"""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import numpy as np

from edge import delegate
from edge.errors import LocalizerError
from edge.runtime import Network, load_runtime

DONE, FAILED = b"d", b"f"
"""How a message begins that answers one inference; behind FAILED stands the reason."""


def main(arguments: list[str]) -> None:
    """Load the model, then infer until the other process goes."""
    channel_end, pipe, memory, stderr = (int(text) for text in arguments[:4])
    model, name = arguments[4:]
    channel = socket.socket(fileno=channel_end)
    # A terminal or systemd signals both processes, but only the other one decides.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # The end of the other process kills this one even while a driver hangs and holds the GIL:
    # SIGIO, unhandled, comes when the pipe's last writer is gone.
    fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(pipe, fcntl.F_SETFL, os.O_RDONLY | os.O_ASYNC)
    if select.select([pipe], [], [], 0.0)[0]:  # it was gone before
        return
    try:
        module, runtime = load_runtime()
        network = Network(Path(model), 1, (module, runtime), [delegate.load(module, name)])
    except LocalizerError as error:
        channel.send(json.dumps({"refused": str(error)}).encode())
        return
    channel.send(json.dumps(layout(network)).encode())
    os.ftruncate(2, 0)  # only what is said while loading tells why that failed
    os.dup2(stderr, 2)  # from here on the driver speaks to the user
    _serve(channel, network, mmap.mmap(memory, 0))


def layout(network: Network) -> dict[str, Any]:
    """What the other process must know of the model to read the shared memory."""
    codes = network.codes()
    return {
        "runtime": network.runtime,
        "size": network.size,
        "outputs": {
            name: {
                "shape": codes[name].shape,
                "dtype": str(codes[name].dtype),
                "scale": float(network.quantization[name].scale),
                "zero_point": int(network.quantization[name].zero_point),
            }
            for name in network.names
        },
    }


def _serve(channel: socket.socket, network: Network, memory: mmap.mmap) -> None:
    width, height = network.size
    pixels = np.frombuffer(memory, np.uint8, height * width * 3).reshape(height, width, 3)
    while channel.recv(1):
        try:
            network.set_input(pixels)
            network.invoke()
        except (RuntimeError, ValueError) as error:  # what the driver reports
            channel.send(FAILED + str(error).encode()[:1000])
            continue
        at = pixels.nbytes
        codes = network.codes()
        for name in network.names:
            raw = codes[name].tobytes()
            memory[at : at + len(raw)] = raw
            at += len(raw)
        channel.send(DONE)


if __name__ == "__main__":
    main(sys.argv[1:])
