def test_the_age_runs_from_capture_to_answer_in_milliseconds(seen):
    assert seen(captured_at=100.0, answered_at=100.25).age_ms == 250
