from pathlib import Path

import click
import pytest

from edge.outputs import Outputs
from edge.request import Request
from edge.source_options import SourceOptions


def request(**options):
    return Request(SourceOptions(), Outputs(), **options)


def test_one_input_is_a_good_request():
    assert request(camera="auto").checked().inputs() == ["--camera"]


@pytest.mark.parametrize(
    ("options", "received"),
    [({}, "none"), ({"camera": "auto", "images": Path("a")}, "--camera and --images")],
)
def test_none_and_several_are_refused(options, received):
    with pytest.raises(click.UsageError) as told:
        request(**options).checked()
    assert str(told.value).endswith(f"Received: {received}")


def test_pictures_are_not_followed_and_a_camera_is():
    assert request(camera="auto").follows()
    assert not request(images=Path("a")).follows()
