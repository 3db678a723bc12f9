import pytest

from edge.bench.figures import figures, missed, quietest, slope_mb, soaked
from edge.bench.measure import Round, Run, Weighed


def one(fps=90.0, other_cores=0.0, bare_fps=100.0, source_fps=1000.0):
    return Round(
        bare_ms=[9.0, 10.0, 11.0],
        bare_fps=bare_fps,
        bare_cpu_ms=10.0,
        source_fps=source_fps,
        loop=Run(fps, [11.0, 12.0, 13.0], cpu_ms=12.0),
        reference=Run(80.0, [10.5], cpu_ms=11.0),
        paced_loop=Run(29.7, [10.0, 11.0, 30.0], cpu_ms=14.0),
        paced_reference=Run(29.0, [12.0], cpu_ms=13.0),
        blocking_loop=Run(90.0, [20.0], cpu_ms=12.0),
        blocking_reference=Run(45.0, [60.0], cpu_ms=12.0),
        other_cores=other_cores,
    )


def test_efficiency_is_the_share_of_what_chip_and_source_allow():
    assert figures([one()])["efficiency"] == pytest.approx(90 / 100)
    assert figures([one(source_fps=95.0)])["efficiency"] == pytest.approx(90 / 95)


def test_what_is_added_is_the_age_less_one_inference():
    assert figures([one()])["added_ms_p50"] == pytest.approx(12.0 - 10.0)


def test_cpu_is_compared_for_each_answer():
    assert figures([one()])["cpu_ratio"] == pytest.approx(12.0 / 10.0)


def test_the_pace_is_no_more_than_the_chip_can_keep():
    assert figures([one()])["paced_efficiency"] == pytest.approx(29.7 / 30)
    assert figures([one(bare_fps=20.0)])["paced_efficiency"] == pytest.approx(29.7 / 20)


def test_a_blocking_camera_is_compared_with_the_straight_loop():
    assert figures([one()])["blocking_ratio"] == pytest.approx(90 / 45)


def test_medians_over_the_rounds_count():
    assert figures([one(70.0), one(90.0), one(95.0)])["loop_fps"] == 90.0


def test_the_quietest_round_stands_beside_them():
    assert quietest([one(70.0, other_cores=1.0), one(95.0, other_cores=0.1)])["loop_fps"] == 95.0


def test_every_figure_that_the_readme_quotes_is_there():
    names = (
        "bare_ms_p50 bare_ms_p99 loop_fps efficiency paced_efficiency added_ms_p50 age_ms_p50 "
        "age_ms_p99 cpu_ratio reference_fps reference_paced_fps reference_age_ms_p50"
    )
    assert set(names.split()) <= set(figures([one()]))


def test_what_misses_its_goal_is_said():
    sentences = missed(figures([one()]))
    assert "efficiency is 0.9, its goal is >= 0.96" in sentences
    assert "added_ms_p50 is 2, its goal is <= 0.8" in sentences
    assert not [sentence for sentence in sentences if sentence.startswith("cpu_ratio")]


def test_the_goal_of_an_age_follows_from_the_chip():
    # at most 2 x 10 + 1; the paced loop's oldest is 30
    (sentence,) = [text for text in missed(figures([one()])) if text.startswith("age_ms_p99")]
    assert sentence.endswith("its goal is <= 21")


def test_memory_grows_by_the_slope_of_its_later_half():
    # The first half warms up; then half a megabyte in 50,000 frames.
    looks = [(0, 50.0), (50_000, 90.0), (100_000, 100.0), (150_000, 100.5)]
    assert slope_mb([Weighed(*look, 9, 4) for look in looks]) == pytest.approx(1.0)


def test_one_look_at_the_memory_is_no_slope():
    assert slope_mb([Weighed(0, 50.0, 9, 4)]) == 0.0


def test_open_files_and_threads_that_became_more_miss_their_goal():
    found = soaked([Weighed(0, 50.0, 9, 4), Weighed(100, 51.0, 11, 5)])
    assert (found["soak_descriptors"], found["soak_more_descriptors"]) == (11, 2)
    told = missed({**found, "bare_ms_p50": 1.0})
    assert "soak_more_descriptors is 2, its goal is <= 0" in told
    assert "soak_more_threads is 1, its goal is <= 0" in told
