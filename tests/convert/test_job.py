"""No file is released that loses too much, and none takes the place of another half-written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from convert.cli import main
from convert.job import convert
from edge.card import read_card
from edge.errors import LocalizerError
from train.run_folder import digest


def test_over_the_limit_no_file_is_released_but_the_report_is(
    trained_run: Path, tmp_path: Path
) -> None:
    out = tmp_path / "model.tflite"
    with pytest.raises(
        LocalizerError, match=r"model\.tflite is not written: float32 loses .*; look"
    ):
        # float32 needs no calibration; what loses nothing loses more than -1
        convert(
            trained_run, out, None, Console(), "float32", limit=-1.0, report_in=tmp_path / "report"
        )
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    assert json.loads((tmp_path / "report" / "verify.json").read_text())["passed"] is False
    said = (tmp_path / "report" / "verify.html").read_text()
    assert "presence threshold of the file" in said


def test_the_card_names_the_weights_the_data_and_the_day(
    trained_run: Path, converted_model: Path
) -> None:
    made = read_card(converted_model).made
    assert made["weights_sha256"] == digest(trained_run / "model.keras")
    assert len(made["data_sha256"]) == 64
    assert {"tensorflow", "keras", "numpy", "python"} <= set(made["versions"])
    assert made["at"].endswith("+00:00")


def test_without_golden_examples_the_command_says_so(trained_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.tflite"
    arguments = [
        "tflite",
        str(trained_run),
        "--out",
        str(out),
        "--precision",
        "float32",
        "--no-golden",
    ]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "golden: no example, as asked; nothing will prove the file on a device" in result.output


def test_broken_calibration_pictures_are_named_and_counted(
    trained_run: Path, drawn_set: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(drawn_set, broken)
    for picture in broken.rglob("*.[jp][pn]g"):
        picture.write_bytes(b"\xff\xd8\xff")
    result = CliRunner().invoke(
        main,
        ["tflite", str(trained_run), "--out", str(tmp_path / "m.tflite"), "--data", str(broken)],
    )
    assert result.exit_code == 1
    assert "more of" in result.output and "is not the picture that" in result.output
    assert not (tmp_path / "m.tflite").exists()
