"""The article's network trains on whatever Keras computes with."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

pytest.importorskip("keras", reason="Keras is not installed")


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_conv5_trains_on_another_backend(backend: str, drawn_set: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    options = "--preset conv5 --size 192 --epochs 1 --batch 9".split()
    command = [sys.executable, "-m", "train", "fit", str(drawn_set), "--out", "run", *options]
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "epoch 1/1" in done.stdout
    assert (tmp_path / "run" / "epochs" / "epoch_01.weights.h5").is_file()
