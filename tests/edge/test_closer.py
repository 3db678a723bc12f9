import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.box import Box
from edge.closer import WHOLE, part_around, pixels_of, settled, worth_a_look
from edge.observation import Answer, Localization

fractions = st.floats(0, 1)
boxes = st.builds(lambda *edges: Box.spanned(edges), fractions, fractions, fractions, fractions)
sizes = st.integers(1, 60)


@given(boxes, sizes, sizes)
def test_the_part_lies_in_the_picture_and_is_whole_pixels_of_it(box, width, height):
    image = np.zeros((height, width, 3), np.uint8)
    part = part_around(box, image)
    assert part.clipped() == part
    seen = pixels_of(part, image)
    assert seen.shape[0] == round(part.height * height) > 0
    assert seen.shape[1] == round(part.width * width) > 0


@given(boxes)
def test_the_part_shows_the_whole_box(box):
    part = part_around(box, np.zeros((1000, 1000, 3), np.uint8))
    assert part.intersection(box) == pytest.approx(box.area, abs=0.002)  # to the pixel


def test_the_box_is_in_the_middle_of_its_part_where_the_picture_goes_on():
    part = part_around(Box(0.4, 0.5, 0.6, 0.6), np.zeros((100, 100, 3), np.uint8))
    assert part.edges == pytest.approx((0.33, 0.46, 0.67, 0.64), abs=0.011)  # 1.7 times its sides


def test_at_the_border_the_part_keeps_its_size():
    image = np.zeros((100, 100, 3), np.uint8)
    assert part_around(Box(0, 0, 0.2, 0.2), image).edges == (0, 0, 0.34, 0.34)


def test_a_part_around_next_to_nothing_still_has_something_to_see():
    part = part_around(Box(0.5, 0.5, 0.5, 0.5), np.zeros((100, 100, 3), np.uint8))
    assert part.width == pytest.approx(0.1) and part.height == pytest.approx(0.1)


@pytest.mark.parametrize("box", [Box(0, 0, 1, 1), Box(0.1, 0.2, 0.9, 0.8)])
def test_to_what_fills_the_picture_there_is_nothing_to_come_closer(box):
    assert part_around(box, np.zeros((48, 64, 3), np.uint8)) == WHOLE


CAT = Localization(Box(0.2, 0.2, 0.5, 0.5), "cat", 0.9)
DOG = Localization(Box(0, 0, 1, 1), "dog", 0.99)
PART = Box(0.2, 0.2, 0.8, 0.8)


def test_a_closer_look_counts_twice_as_much_and_all_but_the_box_stays():
    # of the second the whole part, so 0.2, 0.2, 0.8, 0.8 in the picture
    told = settled(Answer(CAT, 0.7), Answer(DOG, 0.99), PART, threshold=0.5)
    assert told.found.box.edges == pytest.approx((0.2, 0.2, 0.7, 0.7))
    assert (told.found.label, told.found.score, told.presence) == ("cat", 0.9, 0.7)


def test_what_looks_like_nothing_from_near_stays_as_it_was_found():
    first = Answer(CAT, 0.7)
    assert settled(first, Answer(None, 0.1, withheld=DOG), PART, threshold=0.5) == first


def test_a_box_that_is_nearly_told_is_looked_at_as_well_and_stays_withheld():
    first, closer = Answer(None, 0.3, withheld=CAT), Answer(None, 0.4, withheld=DOG)
    told = settled(first, closer, PART, threshold=0.5)
    assert told.found is None
    assert told.withheld.box.edges == pytest.approx((0.2, 0.2, 0.7, 0.7))


@pytest.mark.parametrize(
    ("answer", "worth"),
    [
        (Answer(CAT, 0.5), CAT),
        (Answer(None, 0.25, withheld=CAT), CAT),  # tracking may keep it
        (Answer(None, 0.24, withheld=CAT), None),
        (Answer(None, float("nan")), None),
    ],
)
def test_what_may_be_there_is_worth_a_closer_look(answer, worth):
    assert worth_a_look(answer, threshold=0.5) == worth
