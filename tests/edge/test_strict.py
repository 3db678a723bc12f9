"""JSON from anywhere: the field, the rule and the value are told."""

from __future__ import annotations

import pytest

from edge.strict import loaded


@pytest.mark.parametrize("text", ["", "[]", "1", "{", '{"a": 1} {}'])
def test_what_is_no_object_is_refused(text):
    with pytest.raises(ValueError):
        loaded(text)


def test_a_field_inside_is_named_by_its_path():
    content = loaded('{"a": {"b": [{"c": "x"}]}}')
    with pytest.raises(ValueError, match=r"a\.b\[0\]\.c is a number from 0 to 1\. Received: 'x'"):
        content.part("a").parts("b", 3)[0].number("c", 0, 1)


def test_a_truth_is_no_number():
    with pytest.raises(ValueError, match="a is a whole number"):
        loaded('{"a": true}').number("a", whole=True)


def test_the_edges_of_a_range_belong_to_it():
    content = loaded('{"least": 0, "most": 1.0}')
    assert (content.number("least", 0, 1), content.number("most", 0, 1)) == (0, 1.0)


def test_a_long_value_is_shown_by_its_beginning():
    with pytest.raises(ValueError) as caught:
        loaded('{"a": "' + "x" * 500 + '"}').text("a")
    assert str(caught.value).endswith("xxx...")
    assert len(str(caught.value)) < 150


def test_a_field_that_nobody_asked_for_is_told():
    content = loaded('{"a": 1, "b": 2}')
    content.number("a")
    with pytest.raises(ValueError, match="'b' is no field of it"):
        content.all_asked()
