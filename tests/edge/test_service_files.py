import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from edge.cli import main
from edge.config import key, parsed, run_options
from edge.errors import LocalizerError
from edge.service_files import DROP_IN, GROUPS, UNIT, File, command, files, shipped, untouched


def unit(groups=GROUPS):
    return files(Path("/opt/edge-localizer/bin/edge-run"), groups, network=False)[0].text


def analyze(*arguments):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed (apt install systemd)")
    done = subprocess.run(
        ["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def written(tmp_path):
    """Writes the unit, started by a program that is there, with or without the network."""

    def write(network=False):
        for file in files(Path("/bin/true"), ("video",), network):
            if "systemd" in str(file.path):
                path = tmp_path / file.path.relative_to("etc/systemd/system")
                path.parent.mkdir(exist_ok=True)
                path.write_text(file.text)
        return tmp_path / UNIT

    return write


def test_systemd_has_nothing_to_say_of_the_unit(written):
    assert analyze("verify", written()) == (0, "")


@pytest.mark.parametrize(("network", "tenths"), [(False, 10), (True, 15)])
def test_its_sandbox_is_tight_without_the_network_and_with_it(network, tenths, written):
    path = written(network)
    code, told = analyze("security", "--offline=yes", f"--threshold={tenths}", path)
    assert code == 0, told


def test_it_never_gives_up_and_hears_the_keep_alive():
    lines = unit().splitlines()
    for line in ("Type=notify", "Restart=always", "RestartSec=1", "StartLimitIntervalSec=0"):
        assert line in lines
    assert any(line.startswith("WatchdogSec=") for line in lines)


def test_it_may_use_what_a_camera_and_a_coral_need():
    lines = unit().splitlines()
    for kind in ("video4linux", "media", "dma_heap", "usb_device", "apex"):
        assert f"DeviceAllow=char-{kind} rw" in lines
    assert "RestrictAddressFamilies=AF_UNIX AF_NETLINK" in lines
    assert not any(line.startswith(("ProcSubset", "PrivateDevices=yes")) for line in lines)


@pytest.mark.parametrize(
    ("there", "line"),
    [
        (("root", "video", "render", "plugdev"), "SupplementaryGroups=video render plugdev"),
        (("root", "video"), "SupplementaryGroups=video"),
        (("root",), "SupplementaryGroups="),
    ],
)
def test_only_groups_that_exist_are_asked_for(there, line):
    assert re.findall("(?m)^SupplementaryGroups.*", unit(there)) == [line]


def test_the_drop_in_is_there_only_for_the_network():
    without, with_it = ([file.path for file in files(Path("/x"), (), net)] for net in (0, 1))
    assert set(with_it) - set(without) == {DROP_IN}


def test_the_sample_configuration_is_one_and_each_line_that_it_shows_is_one_too():
    text = shipped("edge-run.toml")
    assert parsed(text.encode(), "edge-run.toml", main) == {
        "camera": "auto",
        "wait_for_camera": True,
        "closer": True,
    }
    names = {key(option) for option in run_options(main)}
    shown = re.findall(r"(?m)^# ([a-z-]+ = .*)$", text)
    assert len(shown) > 12
    for line in shown:
        tomllib.loads(line)
        assert line.partition(" =")[0] in names
        assert parsed(line.encode(), "edge-run.toml", main)


def test_an_edited_file_is_told_from_an_untouched_one():
    file = File.marked(Path("a"), "one\ntwo\n")
    assert untouched(file.text)
    assert not untouched(file.text.replace("two", "2"))
    assert not untouched("one\ntwo\n")
    assert not untouched(file.text + "three = 3\n")


@pytest.fixture
def environment(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "edge-run").touch()
    return tmp_path / "bin" / "python"


def test_the_command_beside_the_interpreter_is_started(environment):
    assert command(environment) == environment.parent / "edge-run"


@pytest.mark.parametrize("home", ["/home/pi/venv", "/root/.pyenv", "/run/user/1000/venv"])
def test_what_lives_under_a_home_is_refused_with_the_way_out(home, environment):
    for where in ([Path(home, "bin/python")], [environment, Path(home)]):
        with pytest.raises(LocalizerError, match="sees no home, but .* /opt/edge-localizer, inst"):
            command(*where)


def test_a_link_into_a_home_is_seen_through(environment):
    environment.symlink_to("/home/pi/venv/bin/python")
    with pytest.raises(LocalizerError, match="but /home/pi/venv/bin/python is in one"):
        command(environment)


def test_an_environment_without_the_command_is_refused(tmp_path):
    with pytest.raises(LocalizerError, match="edge-run is not there; install edge-localizer in"):
        command(tmp_path / "python")


def test_a_path_that_a_unit_would_read_otherwise_is_refused(tmp_path):
    folder = tmp_path / "100%n here"
    folder.mkdir()
    (folder / "edge-run").touch()
    with pytest.raises(LocalizerError, match="letters, digits and"):
        command(folder / "python")


def test_what_is_shipped_is_found_where_it_is_installed_too(tmp_path, monkeypatch):
    share = tmp_path / "share" / "edge-localizer"
    share.mkdir(parents=True)
    (share / "only-there").write_text("text")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert shipped("only-there") == "text"
    with pytest.raises(LocalizerError, match="install edge-localizer again"):
        shipped("nowhere")
