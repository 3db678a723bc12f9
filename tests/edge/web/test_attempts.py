from edge.web.attempts import Attempts


def test_the_sixth_wrong_password_within_a_minute_waits_for_the_first_to_grow_old():
    clock = [0.0]
    attempts = Attempts(now=lambda: clock[0])
    for second in range(5):
        clock[0] = float(second)
        assert attempts.wait_s("10.0.0.1") == 0.0
        attempts.wrong("10.0.0.1")
    assert attempts.wait_s("10.0.0.1") == 56.0  # 0 + 60 - 4
    assert attempts.wait_s("10.0.0.2") == 0.0
    clock[0] = 60.0
    assert attempts.wait_s("10.0.0.1") == 0.0


def test_the_right_one_forgives_what_was_mistyped():
    attempts = Attempts(now=lambda: 0.0)
    for _ in range(5):
        attempts.wrong("10.0.0.1")
    attempts.right("10.0.0.1")
    assert attempts.wait_s("10.0.0.1") == 0.0


def test_addresses_of_one_ipv6_network_are_one_place():
    attempts = Attempts(now=lambda: 0.0)
    for last in range(5):
        attempts.wrong(f"2001:db8::{last:x}")
    assert attempts.wait_s("2001:db8::ffff") > 0
    assert attempts.wait_s("2001:db8:1::1") == 0.0


def test_many_places_together_have_a_limit_too():
    attempts = Attempts(now=lambda: 0.0)
    tried = []
    for last in range(40):
        if attempts.wait_s(f"10.0.0.{last}") == 0.0:
            attempts.wrong(f"10.0.0.{last}")
            tried.append(last)
    assert tried == list(range(30))
