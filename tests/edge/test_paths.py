import click
import pytest
from click.testing import CliRunner

from edge.cli import main as edge_run
from edge.device_cli import main as edge_device
from edge.paths import Place


def test_an_empty_path_is_told_and_not_taken_for_the_current_folder():
    command = click.Command("command", params=[click.Option(["--out"], type=Place())])
    done = CliRunner().invoke(command, ["--out", ""])
    assert done.exit_code == 2
    assert done.output.endswith("Invalid value for '--out': give a path. Received: ''\n")


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"file_okay": False, "exists": True}, "a folder that exists and can be read"),
        ({"dir_okay": False, "exists": True}, "a file that exists and can be read"),
        ({"exists": True}, "a path that exists and can be read"),
    ],
)
def test_a_path_of_the_wrong_kind_is_told_with_the_kind_that_is_wanted(tmp_path, asked, wanted):
    command = click.Command("command", params=[click.Option(["--out"], type=Place(**asked))])
    done = CliRunner().invoke(command, ["--out", str(tmp_path / "gone")])
    assert done.exit_code == 2
    said = f"Invalid value for '--out': give {wanted}. Received: '{tmp_path / 'gone'}'\n"
    assert done.output.endswith(said)


def test_every_path_of_the_devices_commands_is_judged_here():
    commands = [edge_run, *edge_device.commands.values()]
    paths = [
        one.type
        for command in commands
        for one in command.params
        if isinstance(one.type, click.Path)
    ]
    assert len(paths) > 10
    assert all(isinstance(kind, Place) for kind in paths)
