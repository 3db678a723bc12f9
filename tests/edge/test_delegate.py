import ctypes
from pathlib import Path

import pytest

from edge.delegate import edge_tpu_fault, library, load
from edge.errors import LocalizerError


class Runtime:
    """Stands for a runtime whose load_delegate fails."""

    def __init__(self, error):
        self.error = error

    def load_delegate(self, library):
        raise self.error


@pytest.fixture
def machine(tmp_path):
    """A machine's /sys and /dev; Corals are plugged in by name."""
    sysfs, dev = tmp_path / "sys", tmp_path / "dev"
    (sysfs / "bus/usb/devices/1-1:1.0").mkdir(parents=True)  # an interface, without these files
    dev.mkdir()

    def with_coral(kind):
        if kind == "pci":
            (dev / "apex_0").touch()
        elif kind is not None:
            device = sysfs / "bus/usb/devices/1-1"
            device.mkdir()
            vendor, product = kind.split(":")
            for name, value in {
                "idVendor": vendor,
                "idProduct": product,
                "busnum": "1",
                "devnum": "7",
            }.items():
                (device / name).write_text(value + "\n")
        return sysfs, dev

    return with_coral


def test_the_edge_tpu_is_libedgetpu():
    assert library("edgetpu") == "libedgetpu.so.1"


def test_a_library_is_named_by_its_path(tmp_path):
    (tmp_path / "x.so").touch()
    assert library(str(tmp_path / "x.so")) == str(tmp_path / "x.so")


@pytest.mark.parametrize("name", ["gpu", "/none/x.so"])
def test_another_name_is_told_what_is_taken(name):
    with pytest.raises(LocalizerError, match=f"edgetpu or the path of .* Received: {name}"):
        library(name)


def test_a_library_where_nobody_may_look_is_told(tmp_path):
    with pytest.raises(LocalizerError, match="cannot be looked at: File name too long"):
        library(str(tmp_path / (256 * "x")))


def test_a_library_that_is_not_installed_comes_with_the_command_to_install_it():
    with pytest.raises(OSError) as linker:  # the real linker's words
        ctypes.CDLL("libedgetpu.so.1.absent")
    with pytest.raises(LocalizerError, match="is not installed; sudo apt install libedgetpu1-std"):
        load(Runtime(linker.value), "edgetpu")


def test_a_refusal_without_a_coral_says_to_plug_it_in(machine):
    refusal = ValueError("Failed to load delegate from libedgetpu.so.1\n")
    with pytest.raises(LocalizerError, match="no Coral is plugged in; .*lsusb .*Failed to load"):
        load(Runtime(refusal), "edgetpu", *machine(None))


@pytest.mark.parametrize("kind", ["1a6e:089a", "18d1:9302"])
def test_a_usb_coral_that_may_not_be_opened_lacks_a_udev_rule(kind, machine):
    fault = edge_tpu_fault(*machine(kind), may_open=lambda node: False)
    assert "bus/usb/001/007, for want of a udev rule; echo 'SUBSYSTEM" in fault
    assert "sudo udevadm control --reload" in fault


def test_a_pci_coral_that_may_not_be_opened_needs_a_group(machine):
    fault = edge_tpu_fault(*machine("pci"), may_open=lambda node: False)
    assert "apex_0; sudo usermod -aG apex $USER and log in again" in fault


@pytest.mark.parametrize("kind", ["pci", "18d1:9302"])
def test_a_coral_that_may_be_opened_but_does_not_work_has_the_wrong_library(kind, machine):
    fault = edge_tpu_fault(*machine(kind), may_open=lambda node: True)
    assert "built for another runtime; close that program, or sudo apt install" in fault


def test_another_usb_device_is_no_coral(machine):
    assert "no Coral" in edge_tpu_fault(*machine("046d:0825"))


def test_the_delegate_is_what_the_runtime_loads():
    class Working:
        load_delegate = staticmethod(lambda file: Path(file).name)

    assert load(Working, "edgetpu") == "libedgetpu.so.1"
