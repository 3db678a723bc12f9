import pytest

from edge.sweep import candidates, quickest, seconds, sweep


@pytest.mark.parametrize(
    ("cores", "threads"), [(1, [1]), (2, [1, 2]), (3, [1, 2]), (4, [1, 2, 4]), (16, [1, 2, 4])]
)
def test_no_more_threads_than_cores_are_tried(cores, threads):
    assert candidates(cores) == threads


@pytest.mark.parametrize(
    ("took", "best"),
    [
        ({1: 30, 2: 18, 4: 12}, 4),
        ({1: 30, 2: 18, 4: 17}, 2),  # 17 of 18 is no gain worth two cores
        ({1: 30, 2: 29, 4: 12}, 1),  # the first that gains nothing ends it
        ({1: 30}, 1),
    ],
)
def test_more_threads_are_taken_where_they_are_worth_it(took, best):
    assert sweep(lambda threads: threads, took, took.__getitem__) == best


def test_a_real_model_is_loaded_by_the_sweep(tiny_model):
    network = quickest(tiny_model)
    assert network.threads in (1, 2, 4)
    assert seconds(network) > 0
