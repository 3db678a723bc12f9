"""What a device answered to the held-out pictures, from the JSON lines that edge-run wrote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.box import Box
from edge.errors import LocalizerError
from edge.observation import Answer, Localization
from train.example import Example
from train.report import Answered


def read_device_answers(path: Path, examples: Sequence[Example]) -> list[Answered]:
    """Each example with its line in ``path``, matched by the picture's file name.

    Lines of other pictures are passed over: the device may have answered a whole folder.
    Raises LocalizerError where a line cannot be read, a picture is there twice, or one is missing.
    """
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LocalizerError(
            f"{path} cannot be read as a device's answers ({error}); write it on the device with "
            "edge-run --images DIR --json FILE"
        ) from error
    wanted = {example.name for example in examples}
    answers: dict[str, Answer] = {}
    for number, line in enumerate(lines, 1):
        name, answer = _read(line, f"line {number} of {path}")
        if name in answers and name in wanted:
            raise LocalizerError(
                f"{path} answers the picture {name} twice, the second time in line {number}; "
                "give the answers of one run of edge-run over one folder"
            )
        answers[name] = answer
    missing = sorted(wanted - set(answers))
    if missing:
        raise LocalizerError(
            f"{path} answers {len(wanted) - len(missing)} of the {len(wanted)} held-out pictures "
            f"(the first without an answer is {missing[0]}); let edge-run --images look at a "
            "folder that has them all"
        )
    return [(example, answers[example.name]) for example in examples]


def _read(line: str, where: str) -> tuple[str, Answer]:
    try:
        row = json.loads(line)
        name = Path(row["path"]).name
        presence = float(row["presence"] or 0.0)  # edge-run writes null for what is no number
        return name, Answer(_found(row), presence)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise LocalizerError(
            f"{where} is no answer to a picture ({type(error).__name__}: {error}); write the file "
            "on the device with edge-run --images DIR --json FILE"
        ) from error


def _found(row: dict[str, Any]) -> Localization | None:
    if row["box"] is None:
        return None
    left, top, right, bottom = (float(edge) for edge in row["box"])
    return Localization(Box(left, top, right, bottom), str(row["label"]), float(row["score"]))
