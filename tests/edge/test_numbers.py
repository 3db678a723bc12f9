import click
import pytest
from click.testing import CliRunner

from edge.numbers import Finite


@click.command()
@click.option("--share", type=Finite(min=0, min_open=True))
def command(share: float) -> None:
    click.echo(share)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e305", "1000000001"])
def test_what_nobody_can_mean_is_refused(text):
    done = CliRunner().invoke(command, ["--share", text])
    assert done.exit_code == 2
    assert text == "-inf" or f"{text} is no number up to 1,000,000,000; give one" in done.output


def test_a_number_of_the_range_is_taken_and_others_are_not():
    assert CliRunner().invoke(command, ["--share", "0.5"]).output == "0.5\n"
    assert "not in the range x>0" in CliRunner().invoke(command, ["--share", "0"]).output
