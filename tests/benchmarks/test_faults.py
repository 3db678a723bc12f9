import json
from pathlib import Path

import pytest

from benchmarks.faults import HERE, ORDER, lab_rows, table, with_table

ROW = {
    "fault": "dark room",
    "told": "nothing",
    "noticed_s": 5.04,
    "fresh_s": 0.26,
    "counted": "its end",
    "lost": 3,
    "written": "lines",
    "place": "here",
}


def test_the_readmes_table_is_made_of_the_rows_that_are_kept():
    page = (HERE.parent / "README.md").read_text()
    rows = json.loads(Path(HERE, "faults.json").read_text())
    assert with_table(page, table(rows)) == page


def test_a_row_says_when_it_was_noticed_and_when_answers_were_fresh_again():
    (line,) = [line for line in table([ROW]) if "dark room" in line]
    assert line == "| dark room | nothing | 5.0 s | 0.3 s after its end | 3 | lines | here |"


def test_a_fault_that_nothing_has_to_tell_has_no_moment_of_notice():
    (line,) = [line for line in table([{**ROW, "noticed_s": None}]) if "dark room" in line]
    assert "| nothing |  | 0.3 s" in line


def test_a_fault_without_a_row_is_shown_as_not_measured():
    lines = table([ROW])
    assert sum("not measured yet" in line for line in lines) == len(ORDER) - 1


def test_a_page_without_a_place_for_the_table_is_an_error():
    with pytest.raises(AssertionError, match="the page has no place for the table"):
        with_table("# Title", ["| a |"])


def test_of_a_log_the_last_row_of_each_fault_counts_whichever_container_printed_it():
    first, second = json.dumps(ROW), json.dumps({**ROW, "lost": 9})
    other = json.dumps({**ROW, "fault": "process killed"})
    log = f"ok a check\nrow bookworm: {first}\nrow trixie: {second}\nrow {other}\r\nrow nonsense\n"
    assert [(row["fault"], row["lost"]) for row in lab_rows(log)] == [
        ("dark room", 9),
        ("process killed", 3),
    ]
