import getpass
import tarfile
from io import BytesIO

import pytest
from click.testing import CliRunner

from edge.device_cli import main
from edge.errors import LocalizerError
from edge.pull import Remote, pull


def stem(number):
    return f"20260101T0000{number:02d}.000Z-unsure-{number:016x}"


def put(folder, number, content=b"picture"):
    (folder / f"{stem(number)}.json").write_text(f"note {number}")
    (folder / f"{stem(number)}.jpg").write_bytes(content)


@pytest.fixture
def device(tmp_path):
    """A folder of two collected frames, and other files."""
    folder = tmp_path / "device's frames"
    folder.mkdir()
    put(folder, 1)
    put(folder, 2)
    (folder / f"{stem(3)}.json").write_text("its picture is still being written")
    (folder / f"{stem(4)}.jpg.new.jpg").write_bytes(b"half")
    (folder / "holiday.jpg").write_bytes(b"mine")
    return folder


@pytest.fixture
def ssh(tmp_path):
    """A maker of stand-ins for ssh, which run the command on this machine.

    archive: what they run instead of the command that packs frames.
    """

    def made(archive='exec sh -c "$1"'):
        script = tmp_path / "ssh"
        script.write_text(
            f'#!/bin/sh\nshift 2\ncase "$1" in\n*tar*) {archive};;\n*) exec sh -c "$1";;\nesac\n'
        )
        script.chmod(0o755)
        return str(script)

    return made


@pytest.fixture
def here(ssh):
    return ssh()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def frames(*numbers):
    return sorted(stem(n) + suffix for n in numbers for suffix in (".jpg", ".json"))


def test_frames_come_over_a_real_ssh_server_once(ssh_server, device, tmp_path):
    place = f"{getpass.getuser()}@127.0.0.1:{device}"
    told = [
        CliRunner().invoke(main, ["pull", place, str(tmp_path / "mine"), "--ssh", ssh_server])
        for _ in range(2)
    ]
    assert [one.output for one in told] == [
        f"2 frames came to {tmp_path}/mine, 0 were there\n",
        f"0 frames came to {tmp_path}/mine, 2 were there\n",
    ]
    assert names(tmp_path / "mine") == frames(1, 2)
    assert (tmp_path / "mine" / f"{stem(1)}.jpg").read_bytes() == b"picture"


def test_a_server_that_refuses_or_is_not_there_is_told(ssh_server, device, tmp_path):
    wrong = ssh_server.replace("-i ", "-o IdentitiesOnly=yes -i /nonexistent")
    with pytest.raises(
        LocalizerError, match="127.0.0.1 is not reached .*; try ssh 127.0.0.1 first"
    ):
        pull(Remote(f"127.0.0.1:{device}", wrong), tmp_path / "mine")
    with pytest.raises(LocalizerError, match="cannot be read .*name a folder that edge-run --coll"):
        pull(Remote(f"127.0.0.1:{tmp_path}/absent", ssh_server), tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_a_folder_is_made_once_there_is_something_to_write(here, device, tmp_path):
    for path in device.iterdir():
        path.unlink()
    assert pull(Remote(f"pi:{device}", here), tmp_path / "mine") == (0, 0, 0)
    assert not (tmp_path / "mine").exists()
    put(device, 1)
    assert pull(Remote(f"pi:{device}", here), tmp_path / "new/mine") == (1, 0, 0)


def test_a_frame_whose_notes_name_another_file_has_comes_without_it_and_is_counted_so(
    here, device, tmp_path
):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / f"{stem(1)}.json").write_text("my own")
    told = CliRunner().invoke(main, ["pull", f"pi:{device}", str(mine), "--ssh", here])
    assert told.output == (
        f"2 frames came to {mine}, 0 were there; 1 without its note, as another .json has that "
        "name\n"
    )
    assert (mine / f"{stem(1)}.json").read_text() == "my own"
    assert names(mine) == frames(1, 2)


def test_a_note_that_came_before_the_connection_broke_is_the_frames_own(here, device, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / f"{stem(1)}.json").write_bytes((device / f"{stem(1)}.json").read_bytes())
    assert pull(Remote(f"pi:{device}", here), mine) == (2, 0, 0)


@pytest.mark.parametrize(
    ("options", "way_out"),
    [
        ("ro", "Read-only .*; let this user write there, or name another folder, and say it again"),
        ("size=4k", "No space left on device; make room and say it again"),
    ],
)
def test_what_is_to_be_done_fits_why_a_frame_is_not_written(
    options, way_out, here, device, mounted
):
    mine = mounted("mine", options)
    if options != "ro":
        (mine / "ballast").write_bytes(bytes(4096))
    with pytest.raises(LocalizerError, match=f"{stem(1)}.json cannot be written: {way_out}"):
        pull(Remote(f"pi:{device}", here), mine)


def test_what_was_labelled_or_edited_here_is_not_overwritten(here, device, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    put(mine, 1, b"retouched")
    assert pull(Remote(f"pi:{device}", here), mine) == (1, 0, 1)
    assert (mine / f"{stem(1)}.jpg").read_bytes() == b"retouched"
    assert names(mine) == frames(1, 2)


def test_one_that_broke_off_goes_on_where_it_stopped(ssh, device, tmp_path):
    for number in range(5, 25):
        put(device, number, bytes(20_000))
    cut = ssh(archive='sh -c "$1" | head -c 100000')
    with pytest.raises(LocalizerError, match="broke off .*what has arrived stays"):
        pull(Remote(f"pi:{device}", cut), tmp_path / "mine")
    arrived = len([name for name in names(tmp_path / "mine") if name.endswith(".jpg")])
    assert 0 < arrived < 22
    assert not [name for name in names(tmp_path / "mine") if name.endswith(".part")]
    assert pull(Remote(f"pi:{device}", ssh()), tmp_path / "mine") == (22 - arrived, 0, arrived)


def test_what_only_root_may_read_is_read_by_sudo(here, device, tmp_path, monkeypatch):
    hidden = device.rename(tmp_path / "hidden")
    programs = tmp_path / "programs"
    programs.mkdir()
    sudo = programs / "sudo"
    sudo.write_text(
        f'#!/bin/sh\n[ "$1" = -n ] || exit 1\nshift\nmv {hidden} "{device}"\n'
        f'"$@"\nmv "{device}" {hidden}\n'
    )
    sudo.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    assert pull(Remote(f"pi:{device}", here), tmp_path / "mine") == (2, 0, 0)
    assert names(tmp_path / "mine") == frames(1, 2)


def test_a_frame_that_the_device_deletes_meanwhile_is_left_out(here, device, tmp_path):
    remote = Remote(f"pi:{device}", here)
    (tmp_path / "mine").mkdir()
    came = []
    remote.fetch([stem(1), stem(9), stem(2)], tmp_path / "mine", lambda *one: came.append(one))
    assert came == [(stem(1), True), (stem(2), True)]


@pytest.mark.parametrize("name", ["../escaped.jpg", "/tmp/escaped.jpg", "other.jpg"])
def test_a_device_that_sends_another_name_is_refused(name, ssh, device, tmp_path):
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    (tmp_path / "evil.tar").write_bytes(packed.getvalue())
    evil = ssh(archive=f"cat {tmp_path}/evil.tar")
    before = names(tmp_path)
    with pytest.raises(LocalizerError, match="which nobody asked for"):
        pull(Remote(f"pi:{device}", evil), tmp_path / "mine")
    assert names(tmp_path / "mine") == []
    assert names(tmp_path) == sorted([*before, "mine"])


@pytest.mark.parametrize("place", ["", "-oProxyCommand=touch", "two words", "pi:"])
def test_a_place_that_is_none_is_refused(place):
    with pytest.raises(LocalizerError, match=r"a device is \[USER@\]HOST\[:FOLDER\]"):
        Remote(place)


@pytest.mark.parametrize("command", ["", "ssh '"])
def test_a_command_that_is_none_is_refused(command):
    with pytest.raises(LocalizerError, match=r"--ssh is a command as a shell takes it.* Received"):
        Remote("pi", command)


def test_without_a_folder_it_is_the_services(here):
    assert str(Remote("root@pi")) == "root@pi:/var/lib/edge-run/collected"
    with pytest.raises(LocalizerError, match="cannot be started"):
        Remote("pi", "/nonexistent/ssh").stems()
