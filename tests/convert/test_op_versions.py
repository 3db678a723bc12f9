"""The table of versions is what the real runtimes say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from convert.op_versions import LEAST, LITERT, MOST, TFLITE_RUNTIME

pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed")
SCRIPT = Path(__file__).with_name("probe_versions.py")


@pytest.fixture(scope="module")
def probes(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("probes") / "probes.json"
    subprocess.run([sys.executable, SCRIPT, "craft", file], check=True)
    return file


def known(python: str | Path, probes: Path) -> dict[str, list[int]]:
    """The versions of each operation that the runtime of ``python`` loads."""
    said = subprocess.run(
        [python, SCRIPT, "load", probes], check=True, capture_output=True, text=True
    )
    return json.loads(said.stdout.splitlines()[-1])


def promised(column: int) -> dict[str, list[int]]:
    return {
        name: list(range(LEAST.get(name, 1), most[column] + 1))
        for name, most in MOST.items()
        if most[column]
    }


def test_the_installed_litert_knows_every_version_that_the_table_promises(probes) -> None:
    real = known(sys.executable, probes)
    missing = {
        name: versions
        for name, versions in promised(LITERT).items()
        if not set(versions) <= set(real.get(name, []))
    }
    assert not missing


def test_tflite_runtime_knows_the_versions_of_the_table_and_no_other(probes, old_runtime) -> None:
    assert known(old_runtime, probes) == promised(TFLITE_RUNTIME)
