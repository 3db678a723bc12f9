import errno
import os
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge import install
from edge.device_cli import main
from edge.errors import LocalizerError
from edge.install import System, verify
from edge.service_files import CONFIGURATION, DROP_IN, UNIT, File

RULES = "etc/udev/rules.d/60-edge-tpu.rules"
UNIT_PATH = f"etc/systemd/system/{UNIT}"
ENABLED = f"etc/systemd/system/multi-user.target.wants/{UNIT}"


@pytest.fixture
def edge_run(tmp_path):
    """A command that systemd finds executable."""
    path = tmp_path / "bin" / "edge-run"
    path.parent.mkdir()
    path.symlink_to("/bin/true")
    return path


@pytest.fixture
def system(tmp_path, edge_run):
    """A system that is not running, with Debian's groups; really enabled by systemctl."""
    if shutil.which("systemctl") is None:
        pytest.skip("systemd is not installed (apt install systemd)")
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "group").write_text("root:x:0:\nvideo:x:44:\nplugdev:x:46:pi\n")

    class Installed:
        def __init__(self):
            self.root, self.told = root, []

        def install(self, network=False, dry=False):
            System(self.told.append, root, dry).install(edge_run, lambda _: network)

        def uninstall(self, dry=False):
            System(self.told.append, root, dry).uninstall()

        def files(self):
            found = (path for path in root.rglob("*") if path.is_symlink() or path.is_file())
            return {str(path.relative_to(root)) for path in found} - {"etc/group"}

    return Installed()


def test_it_is_written_for_this_board_and_enabled(system, edge_run):
    system.install()
    assert system.files() == {UNIT_PATH, RULES, str(CONFIGURATION), ENABLED}
    unit = (system.root / UNIT_PATH).read_text()
    assert f"\nExecStart={edge_run} --config /etc/edge-run.toml\n" in unit
    assert "\nSupplementaryGroups=video plugdev\n" in unit
    assert (system.root / UNIT_PATH).stat().st_mode & 0o777 == 0o644
    assert system.told[-1].endswith("copy yours to /var/lib/edge-run/model.tflite")


@pytest.mark.parametrize(
    ("number", "way_out"),
    [
        (errno.EACCES, "Permission denied; say it with sudo"),
        (errno.ENOSPC, "No space left on device; make room"),
        (errno.EROFS, "Read-only file system; mount the disk writable"),
    ],
)
def test_what_cannot_be_written_has_a_way_out(tmp_path, edge_run, monkeypatch, number, way_out):
    def refuse(path, *_, **__):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "write_text", refuse)
    system = System(lambda _: None, tmp_path / "root")
    with pytest.raises(LocalizerError, match=f"{UNIT} cannot be written: {way_out}"):
        system._write(File(Path(UNIT_PATH), "[Unit]\n"))


def test_a_check_that_never_ends_is_given_up(tmp_path, monkeypatch):
    analyze = tmp_path / "systemd-analyze"
    analyze.write_text("#!/bin/sh\nexec sleep 60\n")
    analyze.chmod(0o755)
    monkeypatch.setattr(install, "_PATIENCE", 0.1)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(LocalizerError, match=r"did not end within 0\.1 s; say it again when"):
        verify(File(Path(UNIT_PATH), "[Unit]\n"), print)


def test_uninstalling_leaves_nothing(system):
    system.install(network=False)
    (system.root / CONFIGURATION).touch()
    system.install(network=True)
    system.uninstall()
    assert system.files() == set()
    assert not (system.root / DROP_IN).parent.exists()


def test_a_dry_run_tells_everything_and_writes_nothing(system):
    system.install(dry=True)
    assert system.files() == set()
    told = "\n".join(system.told)
    for name in (UNIT_PATH, RULES, str(CONFIGURATION)):
        assert f"would write {system.root / name}" in told
    assert "Type=notify" in told and f"would run: systemctl --root={system.root} enable" in told
    system.install()
    before = system.files()
    system.uninstall(dry=True)
    assert system.files() == before
    assert f"would remove {system.root / UNIT_PATH}" in system.told


def test_an_edited_configuration_is_never_overwritten_and_stays_at_the_end(system):
    (system.root / CONFIGURATION).write_text('camera = "fake:shapes"\n')
    system.install()
    system.uninstall()
    assert (system.root / CONFIGURATION).read_text() == 'camera = "fake:shapes"\n'
    assert system.files() == {str(CONFIGURATION)}
    told = "\n".join(system.told)
    assert f"{system.root / CONFIGURATION} is yours and stays as it is" in told
    assert f"{system.root / CONFIGURATION} was edited and is left" in told


def test_an_edited_unit_is_refused_before_anything_is_written(system):
    system.install()
    path = system.root / UNIT_PATH
    path.write_text(path.read_text().replace("RestartSec=1", "RestartSec=9"))
    (system.root / RULES).unlink()
    with pytest.raises(LocalizerError, match="was edited or comes from elsewhere, and is not"):
        system.install()
    assert "RestartSec=9" in path.read_text()
    assert not (system.root / RULES).exists()


def test_the_network_is_open_while_the_configuration_asks_for_it(system):
    (system.root / CONFIGURATION).write_text("metrics = 9464\n")
    system.install(network=True)
    assert str(DROP_IN) in system.files()
    system.install(network=False)
    assert str(DROP_IN) not in system.files()


def test_what_a_user_added_is_left_and_told(system):
    system.install()
    override = system.root / DROP_IN.parent / "override.conf"
    override.parent.mkdir()
    override.write_text("[Service]\nNice=5\n")
    state = system.root / "var/lib/edge-run"
    state.mkdir(parents=True)
    (state / "model.tflite").write_text("precious")
    system.uninstall()
    assert override.exists() and (state / "model.tflite").exists()
    told = "\n".join(system.told)
    assert f"{override.parent} holds what is yours and is left: override.conf" in told
    assert f"{state} holds what is yours and is left: model.tflite" in told


def test_the_empty_state_of_a_user_that_systemd_made_is_removed(system):
    system.install()
    private = system.root / "var/lib/private/edge-run"
    private.mkdir(parents=True)
    (system.root / "var/lib/edge-run").symlink_to("private/edge-run")
    system.uninstall()
    assert not private.exists() and not (system.root / "var/lib/edge-run").is_symlink()


def test_a_place_that_takes_no_writing_is_told(system, read_only, edge_run):
    with pytest.raises(LocalizerError, match="cannot be written: Read-only file system; mount"):
        System(print, read_only).install(edge_run, lambda _: False)


def test_a_unit_that_systemd_does_not_accept_is_refused(system, tmp_path):
    unit = File(tmp_path, "[Service]\nType=notify\nExecStart=/bin/true\nNoSuchKey=1\n")
    with pytest.raises(LocalizerError, match="does not accept the unit .*NoSuchKey.*; nothing was"):
        verify(unit, print)


def test_the_command_refuses_an_interpreter_in_a_home(system, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/home/pi/venv/bin/python")
    done = CliRunner().invoke(main, ["install-service", "--root", str(system.root)])
    assert done.exit_code == 1
    assert "Error: the service sees no home, but /home/pi/venv/bin/python is in one" in done.stderr
    assert system.files() == set()


def test_the_command_reads_the_configuration_for_the_network(system, monkeypatch, edge_run):
    import edge

    monkeypatch.setattr(sys, "executable", str(edge_run.with_name("python")))
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    monkeypatch.setattr(edge, "__file__", "/usr/lib/edge/__init__.py")
    for text, network in (('camera = "rtsp://pi/cam"', True), ("camera = 0", False)):
        (system.root / CONFIGURATION).write_text(text)
        done = CliRunner().invoke(main, ["install-service", "--root", str(system.root)])
        assert done.exit_code == 0, done.stderr
        assert (system.root / DROP_IN).exists() is network
    (system.root / CONFIGURATION).write_text("fsp = 5")
    done = CliRunner().invoke(main, ["install-service", "--root", str(system.root)])
    assert done.exit_code == 1 and "line 1, fsp: edge-run has no such option" in done.stderr
    done = CliRunner().invoke(main, ["uninstall-service", "--root", str(system.root)])
    assert done.exit_code == 0, done.stderr
    assert system.files() == {str(CONFIGURATION)}


def test_a_wheel_brings_the_files_of_the_service():
    root = Path(__file__).parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text())
    listed = project["tool"]["setuptools"]["data-files"]["share/edge-localizer"]
    assert sorted(listed) == sorted(f"systemd/{path.name}" for path in (root / "systemd").iterdir())
