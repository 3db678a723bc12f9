"""Model files that the conversion's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def kinds(trained_run: Path, converted_model: Path, tmp_path_factory) -> dict[str, Path]:
    """A file of each precision, of the same trained run; only the int8 one carries a card."""
    from convert.quantize import BYTES_A_WEIGHT, converted
    from train.floating import load_model

    folder = tmp_path_factory.mktemp("kinds")
    model = load_model(trained_run / "model.keras")
    made = {"int8": converted_model}
    for kind in BYTES_A_WEIGHT:
        if kind != "int8":
            made[kind] = folder / f"{kind}.tflite"
            made[kind].write_bytes(converted(model, kind, []))
    return made
