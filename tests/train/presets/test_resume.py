"""An interrupted preset goes on in the stage that it had come to, and ends as an unbroken one."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

from train.cli import main
from train.floating import load_model

OPTIONS = "--preset mnist --size 64 --epochs 2 --batch 9".split()
# edge-train, whose eighth step, the last of the fourth epoch and of the second stage, is its last
KILLED = """
import os, signal, sys
from train.cli import main
from train.progress import Training
done, step = [], Training.step
def killed(self, stage):
    step(self, stage)
    done.append(stage)
    if len(done) == 8:
        os.kill(os.getpid(), signal.SIGKILL)
Training.step = killed
main(sys.argv[1:])
"""


def test_a_killed_second_stage_goes_on_with_the_box_head_alone(
    drawn_set: Path, tmp_path: Path
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    command = [sys.executable, "-c", KILLED, "fit", str(drawn_set), "--out", str(broken), *OPTIONS]
    root = Path(__file__).parents[3]
    killed = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    for out, options in ((whole, []), (broken, ["--resume"])):
        arguments = ["fit", str(drawn_set), "--out", str(out), *OPTIONS, *options]
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
    assert "going on after epoch 3" in result.output
    rows = [json.loads((out / "report.json").read_text())["history"] for out in (whole, broken)]
    assert [row["stage"] for row in rows[1]] == [0, 0, 1, 1]
    theirs, ours = ([row["val_loss"] for row in of] for of in rows)
    assert theirs == ours
    weights = [load_model(out / "model.keras").get_weights() for out in (whole, broken)]
    assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))
