import numpy as np
import pytest

from edge.box import Box
from edge.drawing import FOUND, NOTE, TRUTH, ascii_text, draw_box, draw_note, drawn
from edge.observation import Answer, Localization

MIDDLE = Box(0.25, 0.5, 0.75, 0.9)


def flat(height, width, colour=(0, 0, 0)):
    return np.full((height, width, 3), colour, np.uint8)


def touched(image, colour=(0, 0, 0)):
    """Left, top, right, bottom of the pixels that are no longer of the background's colour."""
    rows, columns = np.nonzero((image != colour).any(axis=2))
    return columns.min(), rows.min(), columns.max(), rows.max()


def test_the_picture_itself_stays_as_it_was():
    image = flat(100, 100)
    drawn(image, Answer(Localization(MIDDLE, "cat", 0.9), 1.0))
    assert not image.any()


def test_nothing_found_gives_the_same_picture():
    assert not drawn(flat(100, 100), Answer(None, 0.1)).any()


def test_the_line_lies_on_the_edges_of_the_box():
    image = flat(200, 400)
    draw_box(image, MIDDLE)
    assert (image[150, 100] == FOUND).all() and (image[150, 299] == FOUND).all()
    assert (image[100, 200] == FOUND).all() and (image[179, 200] == FOUND).all()
    assert not image[150, 200].any()


@pytest.mark.parametrize("colour", [FOUND, TRUTH, (0, 0, 90)])
@pytest.mark.parametrize("ground", [FOUND, TRUTH, (0, 0, 0), (255, 255, 255), (0, 0, 90)])
def test_line_and_text_show_on_any_ground(ground, colour):
    image = flat(240, 320, ground)
    draw_box(image, MIDDLE, "cat", colour)
    contrast = np.abs(image.astype(int) - ground).max(axis=2)
    assert (contrast[130:200, 70:90] > 80).any()  # the left edge
    assert (contrast[100:118, 70:120] > 80).any()  # the text above it


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (16, 16), (48, 64), (480, 640), (2000, 3000)])
@pytest.mark.parametrize(
    "box", [Box(0, 0, 0.1, 0.1), Box(0.95, 0.95, 1, 1), Box(0.5, 0.5, 0.5, 0.5)]
)
def test_any_size_and_corner_can_be_drawn(size, box):
    image = flat(*size)
    draw_box(image, box, "a label that is rather long for so small a picture 0.93")
    assert image.shape == (*size, 3)
    assert image.any()


def test_text_at_the_right_border_is_moved_into_the_picture():
    whole, cut = flat(480, 640), flat(480, 640)
    draw_box(whole, Box(0.1, 0.5, 0.2, 0.6), "elephant 0.93")
    draw_box(cut, Box(0.9, 0.5, 1.0, 0.6), "elephant 0.93")
    ink = [(image[200:240] == FOUND).all(axis=2).sum() for image in (whole, cut)]
    assert ink[0] == pytest.approx(ink[1], rel=0.05)


def test_without_room_above_the_text_goes_inside():
    image = flat(480, 640)
    draw_box(image, Box(0.1, 0, 0.9, 0.9), "cat")
    assert touched(image)[1] == 0
    assert (image[2:20, 64:100] == FOUND).all(axis=2).sum() > 300


def test_a_note_stands_in_the_lower_left_corner():
    image = flat(480, 640, (200, 0, 0))
    draw_note(image, "23 ms  29.8 fps")
    left, top, right, bottom = touched(image, (200, 0, 0))
    assert (left, bottom) == (0, 479)
    assert top > 440 and right < 320
    assert (image[479, 0] == NOTE).all() and (image > 240).all(axis=2).any()


def test_large_pictures_get_thicker_lines():
    def thickness(height, width):
        image = flat(height, width)
        draw_box(image, Box(0.25, 0.25, 0.75, 0.75))
        return (image[height // 2, : width // 2] == FOUND).all(axis=1).sum()

    assert thickness(3000, 4000) > 4 * thickness(240, 320) > 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cat 0.93", "cat 0.93"),
        ("Žluťoučký kůň", "Zlutoucky kun"),
        ("Straße", "Strasse"),
        ("smørrebrød", "smorrebrod"),
        ("猫", "U+732B"),
        ("tab\tline\n", "tab line "),
    ],
)
def test_text_is_spelt_in_the_fonts_letters(text, shown):
    assert ascii_text(text) == shown
