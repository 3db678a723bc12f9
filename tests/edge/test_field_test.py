import json
import zipfile
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from edge.board import Health
from edge.device_cli import main
from edge.errors import LocalizerError
from edge.field_test import Notes, packages, system
from edge.image import decoded


@pytest.fixture
def field_test(tmp_path, monkeypatch):
    """Run the command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(main, ["field-test", *map(str, arguments)])

    return run


def test_one_file_holds_figures_versions_log_and_picture(field_test, golden_model, tmp_path):
    options = ["--camera", "fake:rectangle", "--model", golden_model, "--max-frames", 10]
    done = field_test(*options, "--out", "sent.zip", "--no-bench")
    assert done.exit_code == 0, done.stderr
    assert "10 frames, " in done.stdout and "sent.zip is ready to be sent" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["sent.zip"]
    with zipfile.ZipFile("sent.zip") as file:
        report = json.loads(file.read("report.json"))
        log = file.read("log.txt").decode()
        picture = decoded(file.read("picture.jpg"), "picture.jpg")
    assert report["figures"]["frames"] == report["figures"]["found"] == 10
    assert report["figures"]["age_ms"]["p50"] > 0
    assert set(report["figures"]["stages_ms"]) == {"resize", "invoke", "decode"}
    assert report["packages"]["numpy"] and report["system"]["python"]
    assert report["rows"][-1]["memory_mb"] > 1 and report["reopened"] == 0
    assert "golden: 6 of 6 examples answered" in log and "source: fake:rectangle" in log
    assert picture.shape == (480, 640, 3)


def test_the_picture_can_be_left_out(field_test, golden_model):
    options = ["--camera", "fake:dark", "--model", golden_model, "--max-frames", 2, "--no-bench"]
    assert field_test(*options, "--out", "sent.zip", "--no-picture").exit_code == 0
    with zipfile.ZipFile("sent.zip") as file:
        assert sorted(file.namelist()) == ["log.txt", "report.json"]


def test_the_time_ends_it_and_the_benchmark_is_in_it(field_test, golden_model, monkeypatch):
    from edge.bench import job

    monkeypatch.setattr(job, "bench", lambda path, rounds, say: {"efficiency": 0.5})
    done = field_test("--camera", "fake:dark", "--model", golden_model, "--minutes", 0.001)
    assert done.exit_code == 0, done.stderr
    (name,) = [word for word in done.stdout.split() if word.startswith("field-test-")]
    with zipfile.ZipFile(name) as file:
        assert json.loads(file.read("report.json"))["bench"] == {"efficiency": 0.5}


def test_a_file_that_is_there_is_not_overwritten(field_test, golden_model, tmp_path):
    (tmp_path / "sent.zip").write_text("precious")
    done = field_test("--model", golden_model, "--out", "sent.zip")
    assert done.exit_code == 1
    assert "Error: sent.zip exists and is not overwritten; give --out another name" in done.stderr
    assert (tmp_path / "sent.zip").read_text() == "precious"


def test_a_name_that_no_file_can_have_is_told_before_the_minutes_begin(field_test, golden_model):
    done = field_test("--model", golden_model, "--out", 256 * "x")
    assert done.exit_code == 1
    assert "x cannot be looked at: File name too long; name another place" in done.stderr


def test_without_a_camera_it_says_so(field_test, golden_model, tmp_path):
    done = field_test("--camera", "/dev/video77", "--model", golden_model)
    assert done.exit_code == 1 and "/dev/video77 is not there; " in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_heat_and_throttling_are_kept_row_by_row(seen):
    health, clock = Health(50.0, 0), [100.0]
    notes = Notes(SimpleNamespace(health=health), lambda: clock[0])
    for second in range(21):
        clock[0] = 100.0 + second
        if second == 15:
            notes._board.health = Health(81.5, 0x4)
        notes.write(seen(captured_at=clock[0] - 0.01, answered_at=clock[0]))
    assert [row["celsius"] for row in notes.rows] == [50.0, 81.5]
    assert [row["fps"] for row in notes.rows] == [1.1, 1.0]
    figures = notes.figures()
    assert figures["celsius_most"] == 81.5 and figures["throttled"] == ["throttled"]
    assert figures["age_ms"]["p50"] == pytest.approx(10, abs=0.01)


def test_the_system_names_itself(tmp_path):
    (tmp_path / "os-release").write_text('ID=debian\nPRETTY_NAME="Debian GNU/Linux 12"\n')
    assert system(tmp_path / "os-release")["os"] == "Debian GNU/Linux 12"
    assert system(tmp_path / "none")["os"] == "unknown"
    assert list(packages(["click", "no-such-package"])) == ["click"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), LocalizerError("no model; give one")])
def test_a_benchmark_that_is_ended_early_costs_no_more_than_itself(
    error, field_test, golden_model, monkeypatch
):
    from edge.bench import job

    def ended(path, rounds, say):
        raise error

    monkeypatch.setattr(job, "bench", ended)
    options = ["--camera", "fake:dark", "--model", golden_model, "--max-frames", 2]
    assert field_test(*options, "--out", "sent.zip").exit_code == 0
    with zipfile.ZipFile("sent.zip") as file:
        assert json.loads(file.read("report.json"))["bench"] is None
        assert f"the bench is left out: {error or 'ended early'}" in file.read("log.txt").decode()


def test_a_folder_that_is_not_there_is_told_before_the_minutes_begin(field_test, golden_model):
    done = field_test("--model", golden_model, "--out", "none/sent.zip")
    assert done.exit_code == 1
    assert "Error: none is no folder; make it, or give --out another place" in done.stderr
