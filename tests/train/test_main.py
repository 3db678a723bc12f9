"""``edge-train`` as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable


def test_ctrl_c_while_it_starts_ends_it_without_a_traceback(
    interrupted: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = interrupted("train.__main__", "command", "train.cli")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_help_imports_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "train", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "click" in imported
    assert not imported & {"numpy", "cv2", "rich", "importlib.metadata"}
