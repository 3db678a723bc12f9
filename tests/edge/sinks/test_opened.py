import socket
from dataclasses import replace

import pytest

from edge.errors import LocalizerError
from edge.liveness import Verdict
from edge.outputs import Outputs
from edge.sinks.aside import Hurry
from edge.sinks.opened import Opened, Run

WELL = Verdict(True, True, True, "the last frame was answered 0.0 s ago")


@pytest.fixture
def told():
    return []


@pytest.fixture
def opened(told):
    with Opened(Run(True, lambda: 30.0, told.append, Hurry(), lambda: WELL)) as outputs:
        yield outputs


def names(opened):
    """The outputs that are written, but for the pace, which is always the first."""
    first, *sinks = opened
    assert first is opened.pace
    return [getattr(sink, "name", type(sink).__name__) for sink in sinks]


def test_nothing_asked_for_is_nothing_open(opened):
    opened.take(opened.planned(Outputs()))
    assert names(opened) == []


def test_what_was_asked_for_is_written_in_its_order(opened, tmp_path):
    wanted = Outputs(metrics="0", json_target=str(tmp_path / "lines"), snapshots=tmp_path / "kept")
    opened.take(opened.planned(wanted))
    assert names(opened) == ["json", "snapshots", "Metrics"]


def test_an_output_with_the_same_options_stays_open_and_the_others_change(opened, tmp_path, seen):
    lines = tmp_path / "lines"
    before = Outputs(json_target=str(lines), snapshots=tmp_path / "one")
    opened.take(opened.planned(before))
    _, json_lines, _ = opened
    json_lines.write(seen(index=1))
    opened.take(opened.planned(replace(before, snapshots=tmp_path / "two", metrics="0")))
    assert names(opened) == ["json", "snapshots", "Metrics"]
    assert list(opened)[1] is json_lines  # or its file would be refused, as it is there
    opened.take(opened.planned(Outputs()))
    assert len(lines.read_text().splitlines()) == 1


def test_an_option_of_an_output_alone_opens_it_anew(opened, tmp_path):
    outputs = Outputs(snapshots=tmp_path / "kept")
    opened.take(opened.planned(outputs))
    _, before = opened
    opened.take(opened.planned(replace(outputs, snapshots_keep=3)))
    assert names(opened) == ["snapshots"] and list(opened)[1] is not before


def test_a_plan_that_fails_changes_nothing_and_leaves_nothing_open(opened, tmp_path):
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        taken = str(door.getsockname()[1])
        opened.take(opened.planned(Outputs(snapshots=tmp_path / "kept")))
        with pytest.raises(LocalizerError, match="Address already in use"):
            opened.planned(Outputs(json_target=str(tmp_path / "lines"), metrics=taken))
    assert names(opened) == ["snapshots"]
    assert not (tmp_path / "lines").exists()  # an empty file is removed, or the next is refused


def test_a_plan_that_is_not_taken_is_closed_but_for_what_serves(opened, tmp_path):
    served = Outputs(snapshots=tmp_path / "kept")
    opened.take(opened.planned(served))
    opened.drop(opened.planned(replace(served, json_target=str(tmp_path / "lines"))))
    assert names(opened) == ["snapshots"]
    assert not (tmp_path / "lines").exists()


def test_an_output_that_had_failed_does_not_keep_another_from_its_place(
    opened, small_disk, told, seen
):
    (small_disk / "other").write_bytes(bytes(1_048_576))
    opened.take(opened.planned(Outputs(json_target=str(small_disk / "lines"))))
    _, lines = opened
    lines.write(seen())
    opened.take(opened.planned(Outputs()))
    assert names(opened) == []
    assert "the JSON lines cannot be written: No space left" in told[-1]


def test_a_server_does_not_move_at_its_own_port(opened):
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    before = Outputs(metrics=str(port))
    opened.take(opened.planned(before))
    wanted = (
        rf"--metrics cannot be changed at the port .* from 127.0.0.1:{port} to 0.0.0.0:{port}; "
    )
    with pytest.raises(LocalizerError, match=wanted + "give another port, or start edge-run again"):
        opened.planned(replace(before, metrics=f"0.0.0.0:{port}"))
    assert names(opened) == ["Metrics"]
