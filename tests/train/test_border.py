"""What the user can mend is told in one sentence, whichever command met it."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import get_args

import click
import pytest
from click.testing import CliRunner

from train.border import at_the_border, first_line, objects_option
from train.readers.settle import Objects


def told(write: object) -> tuple[int, str]:
    """Exit code and what is said of a command that does nothing but ``write``."""
    result = CliRunner().invoke(click.command()(at_the_border(write)))
    return result.exit_code, result.output


def test_a_full_disk_is_told_with_the_way_out() -> None:
    def fill() -> None:
        Path("/dev/full").write_text("a disk that really takes no more")

    assert told(fill) == (
        1,
        "Error: a result cannot be written (No space left on device); make room and run the "
        "command again (a training goes on with --resume)\n",
    )


def test_the_file_that_a_read_only_disk_does_not_take_is_named() -> None:
    def refused() -> None:
        raise OSError(errno.EROFS, "Read-only file system", "run.new/model.keras")

    code, said = told(refused)
    assert code == 1
    start = "Error: run.new/model.keras cannot be written (Read-only file system); name another"
    assert said.startswith(start)


def test_other_faults_of_the_system_are_not_taken_for_a_full_disk() -> None:
    def broken() -> None:
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        CliRunner().invoke(click.command()(at_the_border(broken)), catch_exceptions=False)


def test_a_file_that_the_system_does_not_give_is_named() -> None:
    def denied() -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "photos/1.jpg")

    assert told(denied) == (
        1,
        "Error: photos/1.jpg cannot be used (Permission denied); mend that, or name another\n",
    )


def test_every_way_with_several_objects_can_be_chosen() -> None:
    (option,) = click.command()(objects_option(lambda objects: None)).params
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == get_args(Objects)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("no such layer\nand a long story"), "no such layer"),
        (ValueError("\n  indented"), "indented"),
        (ValueError(), "ValueError"),
    ],
)
def test_of_another_programs_error_the_first_line_is_told(error: Exception, said: str) -> None:
    assert first_line(error) == said
