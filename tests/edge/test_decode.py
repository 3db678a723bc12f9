import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edge.box import Box
from edge.card import Card
from edge.decode import answer, box_from_maps, box_of, scores_of, sigmoid, softmax

CARD = Card(32, 32, ("red", "blue"), presence_threshold=0.5)

maps = hnp.arrays(np.float32, (3, 5, 4), elements=st.floats(-50, 50, width=32))
FINISHED = Card(32, 32, ("red", "blue"), decode="box")
fours = hnp.arrays(np.float32, (4,), elements=st.floats(width=32, allow_nan=False))
logits = hnp.arrays(np.float32, st.integers(1, 9), elements=st.floats(-1000, 1000, width=32))


def outputs(presence=2.0, label=(0.0, 1.0), attention=None, offsets=None):
    zeros = np.zeros((4, 4, 4), np.float32)
    return {
        "attention": zeros if attention is None else attention,
        "offsets": zeros if offsets is None else offsets,
        "label": np.array(label, np.float32),
        "presence": np.array([presence], np.float32),
    }


def looking_at(cells):
    """Attention of a 4x4 map in which each edge looks at one (row, column)."""
    attention = np.full((4, 4, 4), -100, np.float32)
    for edge, (row, column) in enumerate(cells):
        attention[row, column, edge] = 100
    return attention


def test_each_edge_lies_at_the_centre_of_the_cell_that_it_looks_at():
    attention = looking_at([(1, 0), (0, 1), (1, 3), (2, 1)])
    box = box_from_maps(attention, np.zeros((4, 4, 4), np.float32), 0.1)
    # centres of quarters: 1/8, 3/8, 5/8, 7/8
    assert box.edges == pytest.approx((0.125, 0.125, 0.875, 0.625))


def test_an_offset_moves_an_edge_outward():
    attention = looking_at([(1, 1), (1, 1), (2, 2), (2, 2)])
    box = box_from_maps(attention, np.full((4, 4, 4), 0.5, np.float32), 0.1)
    assert box.edges == pytest.approx((0.375 - 0.05, 0.375 - 0.05, 0.625 + 0.05, 0.625 + 0.05))


def test_rows_and_columns_are_not_confused_in_a_wide_map():
    attention = np.full((1, 4, 4), -100, np.float32)
    attention[0, 3] = 100  # one row: its centre is at 1/2; the last of four columns at 7/8
    box = box_from_maps(attention, np.zeros((1, 4, 4), np.float32), 0.1)
    assert box.edges == pytest.approx((0.875, 0.5, 0.875, 0.5))


@given(maps, maps)
def test_any_maps_give_a_box_within_the_picture(attention, offsets):
    box = box_from_maps(attention, offsets, 0.1)
    assert 0 <= box.left <= box.right <= 1
    assert 0 <= box.top <= box.bottom <= 1


@given(maps, maps)
def test_mirrored_maps_give_the_mirrored_box(attention, offsets):
    swap = [2, 1, 0, 3]  # left becomes right
    mirrored = box_from_maps(attention[:, ::-1][..., swap], offsets[:, ::-1][..., swap], 0.01)
    expected = box_from_maps(attention, offsets, 0.01).mirrored()
    assert mirrored.edges == pytest.approx(expected.edges, abs=1e-4)


@given(logits)
def test_shares_add_up_to_one(values):
    assert softmax(values).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("logit", "share"), [(0, 0.5), (math.log(3), 0.75), (1000, 1), (-1000, 0)])
def test_a_logit_as_a_probability(logit, share):
    assert sigmoid(logit) == pytest.approx(share)


def test_the_answer_names_the_likelier_label():
    found = answer(outputs(label=(0, math.log(3))), CARD).found
    assert found is not None
    assert (found.label, found.score) == ("blue", pytest.approx(0.75))
    assert isinstance(found.box, Box)


def test_below_the_threshold_nothing_is_found_but_the_presence_is_told():
    seen = answer(outputs(presence=-math.log(3)), CARD)
    assert seen.found is None
    assert seen.presence == pytest.approx(0.25)
    assert seen.withheld == answer(outputs(), CARD).found  # for whoever knows it is there


def test_the_threshold_itself_is_enough():
    assert answer(outputs(presence=0), CARD).found is not None


@pytest.mark.parametrize("name", ["attention", "offsets", "label", "presence"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_an_output_that_is_no_number_finds_nothing(name, value):
    broken = outputs()
    broken[name] = np.full_like(broken[name], value)
    assert answer(broken, CARD).found is None
    assert answer(broken, CARD).withheld is None


def test_the_temperature_divides_the_logits_before_they_become_shares():
    card = Card(32, 32, ("red", "blue"), temperature=2.0)
    found = answer(outputs(label=(0, 2 * math.log(3))), card).found
    assert found is not None
    assert (found.label, found.score) == ("blue", pytest.approx(0.75))


def test_a_finished_box_is_told_as_it_is():
    told = answer({"box": np.float32([0.1, 0.2, 0.5, 0.8]), "label": np.float32([1, 0])}, FINISHED)
    assert told.found is not None
    assert told.found.box.edges == pytest.approx((0.1, 0.2, 0.5, 0.8))
    assert (told.found.label, told.presence) == ("red", 1.0)


@given(fours)
def test_any_four_numbers_give_a_box_within_the_picture(numbers):
    box = box_of({"box": numbers}, FINISHED)
    assert 0 <= box.left <= box.right <= 1
    assert 0 <= box.top <= box.bottom <= 1


def test_edges_out_of_order_and_range_are_exchanged_and_cut():
    box = box_of({"box": np.float32([1.25, 0.75, 0.5, -0.25])}, FINISHED)
    assert box == Box(0.5, 0.0, 1.0, 0.75)


def test_a_model_of_one_class_need_not_tell_it():
    card = Card(32, 32, ("face",), decode="box")
    found = answer({"box": np.float32([0, 0, 1, 1])}, card).found
    assert found is not None
    assert (found.label, found.score) == ("face", 1.0)
    assert scores_of({}, card).tolist() == [1.0]


def test_a_finished_box_may_come_with_a_presence_that_withholds_it():
    outputs = {"box": np.float32([0, 0, 1, 1]), "presence": np.float32([-math.log(3)])}
    told = answer(outputs, Card(32, 32, ("face",), decode="box"))
    assert told.found is None
    assert told.presence == pytest.approx(0.25)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_finished_box_that_is_no_number_finds_nothing(value):
    told = answer({"box": np.float32([0, 0, value, 1]), "label": np.float32([1, 0])}, FINISHED)
    assert (told.found, told.withheld) == (None, None)
