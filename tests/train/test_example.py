"""What is said of a file stays one line, whatever the file is called."""

from __future__ import annotations

import os
from pathlib import Path

from train.example import Fault


def test_a_name_that_would_break_a_line_or_steer_a_terminal_is_escaped() -> None:
    path = Path(os.fsdecode("é\n\x1b[31m\u2028".encode() + b"\xe9.jpg"))
    assert str(Fault(path, "is broken", 3)) == r"é\n\x1b[31m\u2028\xe9.jpg:3: is broken"
