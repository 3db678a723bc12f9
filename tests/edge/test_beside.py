"""A file is whole or not there, and what was there stays until the new one is whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.beside import beside


def test_the_file_has_its_name_when_the_block_ends_and_not_before(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_text("old")
    with beside(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("fault", [OSError("full"), KeyboardInterrupt()])
def test_a_block_that_raises_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, fault: BaseException
) -> None:
    path = tmp_path / "model.tflite"
    path.write_text("old")
    with pytest.raises(type(fault)), beside(path) as part:
        part.write_text("half")
        raise fault
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_where_nothing_was_written_the_fault_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), beside(tmp_path / "absent" / "model") as part:
        part.write_text("new")
    assert not list(tmp_path.iterdir())
