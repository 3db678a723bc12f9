import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from edge.bench import job
from edge.device_cli import main

REPORT = {"efficiency": 0.5, "quietest_round": {}, "missed": ["efficiency is 0.5, its goal is 1"]}


@pytest.fixture
def edge_device(monkeypatch):
    """Run the command in this process, with a benchmark that is done at once."""
    asked = []

    def bench(*arguments, **options):
        asked.append((arguments, options))
        return REPORT

    monkeypatch.setattr(job, "bench", bench)

    def run(*arguments):
        done = CliRunner().invoke(main, [str(argument) for argument in arguments])
        done.asked = asked
        return done

    return run


def test_the_figures_are_printed_with_what_they_miss(edge_device, tiny_model):
    done = edge_device("bench", "--model", tiny_model)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["efficiency", "0.5"]
    assert lines[-1] == "missed: efficiency is 0.5, its goal is 1"


def test_json_alone_goes_to_standard_output(edge_device, tiny_model):
    assert json.loads(edge_device("bench", "--model", tiny_model, "--json").stdout) == REPORT


def test_json_goes_to_a_file(edge_device, tiny_model, tmp_path):
    done = edge_device("bench", "--model", tiny_model, "--json", tmp_path / "bench.json")
    assert json.loads((tmp_path / "bench.json").read_text()) == REPORT
    assert "efficiency" in done.stdout


def test_a_place_that_is_not_there_is_told_before_anything_is_measured(
    edge_device, tiny_model, tmp_path
):
    done = edge_device("bench", "--model", tiny_model, "--json", tmp_path / "none" / "bench.json")
    assert done.exit_code == 1
    assert "none is no folder; make it, or give --json another place" in done.stderr
    assert done.asked == []


def test_a_name_that_no_file_can_have_is_told_before_anything_is_measured(edge_device, tiny_model):
    done = edge_device("bench", "--model", tiny_model, "--json", 256 * "x")
    assert done.exit_code == 1
    assert "x cannot be looked at: File name too long; name another place" in done.stderr
    assert done.asked == []


def test_figures_that_are_there_are_not_overwritten(edge_device, tiny_model, tmp_path):
    (tmp_path / "bench.json").write_text("mine")
    done = edge_device("bench", "--model", tiny_model, "--json", tmp_path / "bench.json")
    assert done.exit_code == 1
    assert "bench.json exists and is not overwritten; give --json another name" in done.stderr
    assert done.asked == []
    assert (tmp_path / "bench.json").read_text() == "mine"


def test_options_are_handed_on(edge_device, tiny_model):
    done = edge_device(
        "bench", "--model", tiny_model, "--threads", 2, "--rounds", 3, "--soak", 1000
    )
    ((arguments, options),) = done.asked
    assert arguments == (tiny_model, 2, 3)
    assert options["soak"] == 1000


def test_a_model_that_is_not_there_is_named(edge_device, tmp_path):
    done = edge_device("bench", "--model", tmp_path / "none.tflite")
    assert done.exit_code == 1
    assert "none.tflite, which is not a file" in done.stderr


def test_help_imports_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "edge.device_cli", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "click" in imported
    assert not imported & {"numpy", "cv2", "ai_edge_litert.interpreter"}
