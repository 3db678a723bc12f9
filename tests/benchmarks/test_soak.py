"""The watch over a long run sees what grows, and what was left that nobody asked for."""

from __future__ import annotations

import json
import sys

from click.testing import CliRunner

from benchmarks.soak import KEEP, left, main, watched


def test_a_short_run_is_watched_to_its_end(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["--frames", "1000"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert found["frames"] == 1000
    assert found["left"] == []
    assert found["soak_more_descriptors"] == 0


def test_a_program_that_leaks_is_seen_to(tmp_path) -> None:
    # Lines as large as a pipe, so that it is never more than two of them ahead.
    line = "kept.append(open('/dev/null')); print('x' * 65536, flush=True)"
    leaks = f"kept = []\nfor _ in range(25): {line}"
    seen, count = watched([sys.executable, "-c", leaks], 10, tmp_path)
    assert count == 25 and [one.frames for one in seen] == [10, 20]
    assert seen[1].descriptors >= seen[0].descriptors + 8


def test_files_beyond_what_was_asked_for_are_told(tmp_path) -> None:
    for name, count in (("snapshots", KEEP), ("collected", KEEP + 1)):
        (tmp_path / name).mkdir()
        for number in range(count):
            (tmp_path / name / f"{number}.jpg").touch()
    (tmp_path / "core").touch()
    assert list(left(tmp_path)) == [
        f"collected has {KEEP + 1} pictures, of {KEEP} at most",
        "core was not asked for",
    ]
