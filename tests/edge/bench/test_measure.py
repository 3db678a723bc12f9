import io
import subprocess
import sys

import pytest

from edge.bench.camera import pictures
from edge.bench.measure import Bench, Stopwatch, rss_mb
from edge.card import read_card
from edge.localizer import Localizer
from edge.runtime import Network
from edge.sinks.jsonlines import JsonLines


@pytest.fixture
def lines():
    return io.StringIO()


@pytest.fixture
def bench(tiny_model, lines):
    network = Network(tiny_model)
    localizer = Localizer(network, read_card(tiny_model))
    return Bench(localizer, network, pictures(), JsonLines(lines))


def test_a_round_runs_each_way_once(bench, lines):
    measured = bench.round(count=6, ticks=2)
    assert len(measured.bare_ms) == 6
    assert len(measured.loop.ages_ms) == len(measured.reference.ages_ms) == 6
    assert len(measured.paced_reference.ages_ms) == 2
    assert 1 <= len(measured.paced_loop.ages_ms) <= 2  # the newest frame may replace another
    answers = sum(
        len(run.ages_ms)
        for run in (
            measured.loop,
            measured.reference,
            measured.paced_loop,
            measured.paced_reference,
            measured.blocking_loop,
            measured.blocking_reference,
        )
    )
    assert len(lines.getvalue().splitlines()) == answers  # JSON is on, as in a real run


def test_memory_is_looked_at_every_so_many_frames(bench):
    looks = bench.soak(count=20, each=5)
    assert [one.frames for one in looks] == [0, 5, 10, 15]
    assert all(one.megabytes > 1 for one in looks)


HOLDS_ONE_MORE_OF_EACH = """
import os, threading
from edge.bench.measure import weighed
before, ended = weighed(0), threading.Event()
thread = threading.Thread(target=ended.wait)
thread.start()
descriptor = os.open(os.devnull, os.O_RDONLY)
now = weighed(1)
ended.set()
print(now.descriptors - before.descriptors, now.threads - before.threads)
"""


def test_open_files_and_threads_are_counted():
    # In a process of its own, where nothing else comes and goes.
    command = [sys.executable, "-c", HOLDS_ONE_MORE_OF_EACH]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "1"]


def test_the_rate_is_counted_between_the_first_and_the_last_answer(seen):
    watch = Stopwatch()
    for number in range(5):
        watch.write(seen(answered_at=100.0 + 0.25 * number))
    assert watch.fps == 4.0


def test_one_answer_has_no_rate(seen):
    watch = Stopwatch()
    watch.write(seen())
    assert watch.fps == 0.0


def test_memory_is_counted_in_pages(tmp_path):
    (tmp_path / "statm").write_text("9000 1000 500 1 0 400 0\n")
    assert rss_mb(tmp_path / "statm") == pytest.approx(1000 * 4096 / 1e6)
