"""How Keras is started: which kernels TensorFlow computes with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SWITCH = "TF_ENABLE_ONEDNN_OPTS"


def with_onednn(**environment: str) -> str:
    """Whether TensorFlow has oneDNN's kernels on, of a process of its own: True or False."""
    code = (
        "from train.quiet import keras_backend, start_keras\n"
        "keras_backend(); start_keras(0)\n"
        "from tensorflow.python.framework import test_util\n"
        "print(test_util.IsMklEnabled())\n"
    )
    clean = {k: v for k, v in os.environ.items() if k not in (SWITCH, "KERAS_BACKEND")}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


def test_tensorflow_computes_with_onednn_on_every_processor() -> None:
    assert with_onednn() == "True"


def test_onednn_stays_off_where_the_user_turned_it_off() -> None:
    assert with_onednn(**{SWITCH: "0"}) == "False"
