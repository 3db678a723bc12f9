import stat
import urllib.parse
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.device_cli import main
from edge.errors import LocalizerError
from edge.web import guard
from edge.web.password import LONGEST, Password, Sessions, usual_file, usual_place


@pytest.fixture(scope="module")
def password():
    return Password.chosen("correct horse")


def test_only_the_password_itself_is_it(password):
    assert password.is_it("correct horse")
    for other in ("correct hors", "correct horse ", "", "x" * 100_000, "\ud800"):
        assert not password.is_it(other)


def test_the_same_letter_by_another_keyboard_is_the_same():
    assert Password.chosen("k\u00e4sekuchen").is_it("ka\u0308sekuchen")


def test_it_survives_its_file_which_nobody_else_may_read(password, tmp_path):
    path = tmp_path / "new" / "web"
    password.write(path)
    assert Password.read(path) == password
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "correct" not in path.read_text()
    assert [file.name for file in path.parent.iterdir()] == ["web"]


@pytest.mark.parametrize("text", ["", "correct horse", "edge-web-1:00:00:00", "edge-web-1:" * 9999])
def test_a_file_that_is_something_else_is_refused(text, tmp_path):
    path = tmp_path / "web"
    path.write_text(text)
    with pytest.raises(LocalizerError, match="web is no hash of a password; write it with edge-de"):
        Password.read(path)


def test_a_short_password_is_refused():
    with pytest.raises(LocalizerError, match="has 8 to 200 characters; .* Received: 7 characters"):
        Password.chosen("1234567")


def test_what_a_browser_carries_is_good_for_a_month_and_for_this_password_alone(password):
    clock = [1_000_000.0]
    sessions = Sessions(password, now=lambda: clock[0])
    value = sessions.new()
    assert sessions.good(value) and value != sessions.new()
    assert Sessions(password, now=lambda: clock[0]).good(value)  # as after a restart
    assert not Sessions(Password.chosen("correct horse"), now=lambda: clock[0]).good(value)
    clock[0] += 30 * 86400
    assert not sessions.good(value)


@pytest.mark.parametrize(
    "change", [lambda v: "9" + v, lambda v: v[:-1], lambda v: "", lambda v: "é.a"]
)
def test_a_forged_one_is_not_good(change, password):
    sessions = Sessions(password)
    assert not sessions.good(change(sessions.new()))


def test_the_command_writes_what_edge_run_reads(tmp_path):
    path = tmp_path / "web"

    def asked(text):
        return CliRunner().invoke(main, ["web-password", "--file", str(path)], input=text)

    assert asked("short\n").exit_code == 1 and not path.exists()
    assert asked("correct horse\n").output == f"{path} is written; start edge-run again\n"
    assert Password.read(path).is_it("correct horse")
    assert "has another hash now" in asked("battery staple\n").output
    assert Password.read(path).is_it("battery staple")


def test_the_command_tells_of_a_place_that_cannot_be(tmp_path):
    done = CliRunner().invoke(main, ["web-password", "--file", 256 * "x"], input="correct horse\n")
    assert done.exit_code == 1
    assert "x cannot be looked at: File name too long; name another place" in done.output


def test_a_service_finds_it_among_its_credentials_and_a_person_in_the_own_folder(monkeypatch):
    assert usual_place({"CREDENTIALS_DIRECTORY": "/run/x"}) == Path("/run/x/web")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert usual_place({}) == Path("/etc/edge-run.web")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert usual_place({"XDG_CONFIG_HOME": "/home/a/.c"}) == Path("/home/a/.c/edge-run/web")


def test_a_place_where_nobody_may_look_has_no_password(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "file"))
    assert usual_file() is None


@pytest.mark.parametrize("kind", ["text", "folder", "link"])
def test_what_is_no_hash_is_left_as_it_is(kind, tmp_path, password):
    path = tmp_path / "diary.txt"
    if kind == "text":
        path.write_text("dear diary")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "nowhere")
    before = path.lstat()
    (tmp_path / "diary.txt.part").write_text("mine")
    with pytest.raises(LocalizerError, match="is no hash of a password, so it is not replaced; "):
        password.write(path)
    assert path.lstat() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["diary.txt", "diary.txt.part"]


def test_the_longest_password_passes_the_guard_however_it_is_encoded():
    body = urllib.parse.urlencode({"password": "\U0001f63a" * LONGEST})
    assert len(body) < guard._BODY
