"""Which model file a run takes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from edge.errors import LocalizerError
from edge.looking import is_file

NAME = "model.tflite"
VARIABLE = "EDGE_MODEL"
INSTALLED = Path("/var/lib/edge-run") / NAME


def find_model(
    named: Path | None,
    environment: Mapping[str, str] = os.environ,
    folder: Path = Path(),
    installed: Path = INSTALLED,
) -> tuple[Path, str]:
    """The model file, and why it is this one.

    In order: ``named``, the variable EDGE_MODEL, model.tflite in ``folder``, ``installed``.
    Raises LocalizerError where none is there; one that is named is never passed over.
    """
    if named is not None:
        return _present(named, "--model")
    if environment.get(VARIABLE):
        return _present(Path(environment[VARIABLE]), VARIABLE)
    here = folder / NAME
    for path, why in ((here, "in the current folder"), (installed, "installed")):
        if is_file(path):
            return path, why
    raise LocalizerError(
        f"no model is there: --model and {VARIABLE} name none, and neither {_absolute(here)} nor "
        f"{installed} exists; give --model a file that edge-convert tflite wrote"
    )


def _absolute(path: Path) -> Path:
    try:
        return path.absolute()
    except OSError:  # the current folder is gone
        return path


def _present(path: Path, source: str) -> tuple[Path, str]:
    if not is_file(path):
        raise LocalizerError(
            f"{source} names {path}, which is not a file; "
            "give it a file that edge-convert tflite wrote"
        )
    return path, f"named by {source}"
