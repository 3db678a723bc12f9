import click
import pytest
from click.testing import CliRunner

from edge.errors import Refused
from edge.source_options import SourceOptions, source_options


@click.command()
@source_options
def show(**options):
    taken = SourceOptions.taken_from(options)
    assert not options
    click.echo(repr(taken))


def given(*arguments):
    return CliRunner().invoke(show, arguments)


def test_without_an_option_everything_is_left_to_the_source():
    assert given().output.strip() == repr(SourceOptions())


def test_every_option_is_taken():
    options = "--size 1280x720 --fps 5 --rotate 90 --flip --crop 0.25,0,0.75,1 --exposure 8"
    rest = "--focus auto --real-time --wait-for-camera"
    assert given(*options.split(), *rest.split()).output.strip() == repr(
        SourceOptions(
            size=(1280, 720),
            fps=5.0,
            rotate=90,
            flip=True,
            crop=(0.25, 0.0, 0.75, 1.0),
            exposure=8.0,
            focus="auto",
            real_time=True,
            wait_for_camera=True,
        )
    )


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [
        ("--size", "640", "a size is WIDTHxHEIGHT, both even and from 16 to 8192, such as 640x480"),
        ("--size", "641x480", "a size is WIDTHxHEIGHT"),
        ("--size", "0x0", "a size is WIDTHxHEIGHT"),
        ("--fps", "0", "a rate is a number of frames a second from 0.01 to 240"),
        ("--fps", "nan", "a rate is a number"),
        ("--fps", "fast", "a rate is a number"),
        ("--crop", "0,0,1", "a crop is LEFT,TOP,RIGHT,BOTTOM as fractions"),
        ("--crop", "0.5,0,0.5,1", "a crop is"),
        ("--crop", "0,0,1,nan", "a crop is"),
        ("--crop", "0,0,640,480", "a crop is"),
        ("--exposure", "0", "an exposure is auto, or milliseconds"),
        ("--exposure", "inf", "an exposure is auto"),
        ("--focus", "near", "a focus is auto, or on a Pi camera 1 / metres"),
        ("--focus", "-1", "a focus is auto"),
    ],
)
def test_a_wrong_value_names_the_good_ones(option, value, rule):
    done = given(option, value)
    assert done.exit_code == 2
    assert f"Invalid value for '{option}': {rule}" in done.output
    assert done.output.strip().endswith(f"Received: {value}")


def test_a_wrong_turn_names_the_good_ones():
    assert "'45' is not one of '0', '90', '180', '270'" in given("--rotate", "45").output


def test_what_a_source_does_not_take_is_refused_with_what_it_takes():
    sentence = (
        "--exposure cannot be given with a network camera, which takes --fps, --rotate, "
        "--flip, --crop; leave it out"
    )
    with pytest.raises(Refused) as caught:
        SourceOptions(exposure=8.0, fps=5.0).refuse_all_but({"fps"}, "a network camera")
    assert str(caught.value) == sentence


def test_what_a_source_takes_and_the_view_are_not_refused():
    SourceOptions(fps=5.0, rotate=90, flip=True, crop=(0, 0, 1, 0.5)).refuse_all_but({"fps"}, "it")
