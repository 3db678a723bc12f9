import click
from click.testing import CliRunner

from edge.cli import main as edge_run
from edge.device_cli import main as edge_device
from edge.paths import Place


def test_an_empty_path_is_told_and_not_taken_for_the_current_folder():
    command = click.Command("command", params=[click.Option(["--out"], type=Place())])
    done = CliRunner().invoke(command, ["--out", ""])
    assert done.exit_code == 2
    assert done.output.endswith("Invalid value for '--out': give a path. Received: ''\n")


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
