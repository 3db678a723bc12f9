"""The split is one permutation, cut from its end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.box import Box
from edge.errors import LocalizerError
from train.example import Example
from train.split import read_stems, split

BOX = Box(0.1, 0.1, 0.5, 0.5)


def examples(count: int) -> list[Example]:
    return [Example(Path(f"{number:03d}.jpg"), BOX, "cat") for number in range(count)]


def test_the_last_share_is_held_out_and_the_share_before_it_stops_the_training() -> None:
    every = examples(20)
    order = np.random.RandomState(7).permutation(20)
    lists = split(every, held_out=0.2, validation=0.1, seed=7)
    assert list(lists.held_out) == [every[i] for i in order[16:]]
    assert list(lists.validation) == [every[i] for i in order[14:16]]
    assert list(lists.train) == [every[i] for i in order[:14]]


@given(
    count=st.integers(1, 60),
    held_out=st.floats(0, 0.6),
    validation=st.floats(0, 0.3),
    seed=st.integers(0, 99),
)
def test_no_picture_is_lost_or_used_twice(
    count: int, held_out: float, validation: float, seed: int
) -> None:
    every = examples(count)
    try:
        lists = split(every, held_out, validation, seed)
    except LocalizerError as error:
        assert "leave no object to train on" in str(error)
    else:
        together = [*lists.train, *lists.validation, *lists.held_out]
        assert sorted(example.name for example in together) == [example.name for example in every]


def test_a_list_of_stems_is_held_out_whatever_the_permutation_says() -> None:
    lists = split(examples(10), ["003", "007"], 0.1, 0)
    assert {example.name for example in lists.held_out} == {"003.jpg", "007.jpg"}
    assert len(lists.validation) == 1


def test_nothing_is_held_out_for_a_share_of_nothing() -> None:
    assert split(examples(10), 0.0, 0.1, 0).held_out == []


def test_an_unknown_stem_is_refused_by_name() -> None:
    with pytest.raises(LocalizerError, match=r"1 of the 2 held-out names .*'gone'"):
        split(examples(10), ["003", "gone"], 0.1, 0)


def test_a_split_that_leaves_only_empty_pictures_is_refused() -> None:
    empty = [Example(Path(f"{n}.jpg"), None, None) for n in range(9)]
    with pytest.raises(LocalizerError, match="leave no object to train on"):
        split([*empty, Example(Path("z.jpg"), BOX, "cat")], ["z"], 0.1, 0)


def test_a_list_skips_empty_lines_and_remarks(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("# mine\na\n\n b \n")
    assert read_stems(tmp_path / "list.txt") == ["a", "b"]


def test_an_absent_list_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(LocalizerError, match=r"give a share such as 0\.2, or a text file"):
        read_stems(tmp_path / "gone.txt")
