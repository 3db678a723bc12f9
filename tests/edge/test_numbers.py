import click
import pytest
from click.testing import CliRunner

from edge.cli import main as edge_run
from edge.device_cli import main as edge_device
from edge.numbers import Finite, Whole


@click.command()
@click.option("--share", type=Finite(0, 1, max_open=True))
@click.option("--width", type=Finite(0, 2, min_open=True))
@click.option("--minutes", type=Finite(min=0, min_open=True))
@click.option("--threads", type=Whole(1, 64))
@click.option("--seed", type=Whole(0, 2**31 - 1))
@click.option("--epochs", type=Whole(1))
def command(**given: float | None) -> None:
    click.echo(next(value for value in given.values() if value is not None))


@pytest.mark.parametrize("text", ["abc", "nan", "inf", "-inf", "1e305", "1000000001", "0"])
def test_what_is_no_number_of_the_range_is_told_with_the_range(text):
    done = CliRunner().invoke(command, ["--minutes", text])
    assert done.exit_code == 2
    told = f"give a number above 0 up to 1,000,000,000. Received: {text}\n"
    assert done.output.endswith(f"Error: Invalid value for '--minutes': {told}")


@pytest.mark.parametrize(
    ("option", "text", "told"),
    [
        ("--share", "1", "give a number from 0 to below 1. Received: 1"),
        ("--width", "0", "give a number above 0 up to 2. Received: 0"),
        ("--width", "wide", "give a number above 0 up to 2. Received: wide"),
        ("--threads", "65", "give a whole number from 1 to 64. Received: 65"),
        ("--threads", "2.5", "give a whole number from 1 to 64. Received: 2.5"),
        ("--seed", "-1", "give a whole number from 0 to 2,147,483,647. Received: -1"),
        ("--epochs", "abc", "give a whole number from 1 on. Received: abc"),
        ("--epochs", "", "give a whole number from 1 on. Received: ''"),
        ("--epochs", "1\n2", "give a whole number from 1 on. Received: '1\\n2'"),
    ],
)
def test_each_range_is_told_in_words(option, text, told):
    assert CliRunner().invoke(command, [option, text]).output.endswith(f"'{option}': {told}\n")


@pytest.mark.parametrize(
    ("option", "text", "number"),
    [("--share", "0.5", "0.5"), ("--threads", "64", "64"), ("--epochs", "1", "1")],
)
def test_a_number_of_the_range_is_taken(option, text, number):
    assert CliRunner().invoke(command, [option, text]).output == f"{number}\n"


def test_every_number_of_the_devices_commands_is_judged_here(plain_numbers):
    assert plain_numbers(edge_run) + plain_numbers(edge_device) == []
