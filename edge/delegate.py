"""Accelerators behind a LiteRT delegate: loading one, and why one does not load."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from edge.errors import LocalizerError
from edge.looking import is_file

EDGE_TPU = "edgetpu"
_LIBRARIES = {EDGE_TPU: "libedgetpu.so.1"}
_CORAL_USB = {("1a6e", "089a"), ("18d1", "9302")}
"""Vendor and product of a USB Coral before and after it got its firmware."""
_RULE = (
    """echo 'SUBSYSTEM=="usb", ATTRS{idVendor}=="1a6e|18d1", MODE="0666"' | """
    "sudo tee /etc/udev/rules.d/99-coral.rules && sudo udevadm control --reload && "
    "sudo udevadm trigger"
)


def library(name: str) -> str:
    """The shared library of a delegate that is named on the command line.

    name: ``edgetpu``, or the path of a library. Raises LocalizerError for anything else.
    """
    if name in _LIBRARIES:
        return _LIBRARIES[name]
    if "/" in name and is_file(Path(name)):
        return name
    raise LocalizerError(
        f"--delegate takes {EDGE_TPU} or the path of a delegate's library. Received: {name}"
    )


def load(runtime: Any, name: str, sysfs: Path = Path("/sys"), dev: Path = Path("/dev")) -> Any:
    """The delegate ``name`` for an interpreter of the module ``runtime``.

    sysfs, dev: where the kernel tells of its devices.
    Raises LocalizerError with the cause and one command to mend it.
    """
    file = library(name)
    try:
        return runtime.load_delegate(file)
    except OSError as error:  # the dynamic linker's own words
        if name == EDGE_TPU and "cannot open shared object" in str(error):
            raise LocalizerError(
                f"the Edge TPU's library {file} is not installed; "
                "sudo apt install libedgetpu1-std (from Coral's or feranick's packages)"
            ) from error
        raise LocalizerError(
            f"the delegate {file} cannot be loaded ({error}); "
            f"see with ldd {file} which library it misses"
        ) from error
    except (ValueError, RuntimeError) as error:
        said = " ".join(str(error).split()) or "it gave no reason"
        if name != EDGE_TPU:
            raise LocalizerError(
                f"the delegate {file} refuses ({said}); see that its device is there and that it "
                "was built for this runtime"
            ) from error
        raise LocalizerError(f"{edge_tpu_fault(sysfs, dev)} (libedgetpu: {said})") from error


def edge_tpu_fault(
    sysfs: Path,
    dev: Path,
    may_open: Callable[[Path], bool] = lambda node: os.access(node, os.R_OK | os.W_OK),
) -> str:
    """Why libedgetpu, which is installed, found no Edge TPU that it can use, and what to do.

    may_open: whether this user may read and write a device's node.
    """
    nodes = [*sorted(dev.glob("apex_*")), *sorted(_coral_nodes(sysfs, dev))]
    if not nodes:
        return "no Coral is plugged in; plug it in and see that lsusb lists 1a6e:089a or 18d1:9302"
    if any(may_open(node) for node in nodes):
        return (
            "the Coral is there but libedgetpu cannot use it: another program has it, or the "
            "library was built for another runtime; close that program, or "
            "sudo apt install --reinstall libedgetpu1-std"
        )
    if nodes[0].name.startswith("apex"):
        return f"this user may not open {nodes[0]}; sudo usermod -aG apex $USER and log in again"
    return f"this user may not open the Coral at {nodes[0]}, for want of a udev rule; {_RULE}"


def _coral_nodes(sysfs: Path, dev: Path) -> Iterator[Path]:
    for device in (sysfs / "bus/usb/devices").glob("*"):
        try:
            identity = tuple(
                (device / name).read_text().strip() for name in ("idVendor", "idProduct")
            )
            bus, number = (int((device / name).read_text()) for name in ("busnum", "devnum"))
        except (OSError, ValueError):  # an interface, or a device that has just gone
            continue
        if identity in _CORAL_USB:
            yield dev / f"bus/usb/{bus:03d}/{number:03d}"
