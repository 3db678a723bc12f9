import numpy as np

from edge.observation import Frame


def test_the_age_runs_from_capture_to_answer_in_milliseconds(seen):
    assert seen(captured_at=100.0, answered_at=100.25).age_ms == 250


def test_the_model_gets_the_small_picture_where_there_is_one():
    large, small = np.zeros((48, 64, 3), np.uint8), np.zeros((24, 32, 3), np.uint8)
    assert Frame(large, 0, 0.0).for_model is large
    assert Frame(large, 0, 0.0, small=small).for_model is small
