import threading

import pytest

from edge.board import Board, Health, look


@pytest.fixture
def sysfs(tmp_path):
    """A fake /sys: thermal zones by type and text, and the firmware's bits."""

    def made(zones=(), throttled=None):
        for number, (kind, temp) in enumerate(zones):
            zone = tmp_path / "thermal" / f"thermal_zone{number}"
            zone.mkdir(parents=True)
            (zone / "type").write_text(f"{kind}\n")
            (zone / "temp").write_text(f"{temp}\n")
        if throttled is not None:
            (tmp_path / "get_throttled").write_text(f"{throttled}\n")
        return {"thermal": tmp_path / "thermal", "throttled": tmp_path / "get_throttled"}

    return made


def test_a_pi_tells_its_temperature_and_its_bits(sysfs):
    assert look(**sysfs([("cpu-thermal", 61234)], "50005")) == Health(61.234, 0x50005)


def test_the_zone_of_the_processor_is_taken(sysfs):
    paths = sysfs([("acpitz", 30000), ("x86_pkg_temp", 40000), ("cpu-thermal", 50000)])
    assert look(**paths, ask=lambda: None).celsius == 50


def test_a_zone_that_does_not_answer_is_passed_over(sysfs):
    assert look(**sysfs([("cpu-thermal", ""), ("acpitz", 30000)], "0").copy()).celsius == 30


def test_a_laptop_tells_nothing(sysfs):
    assert look(**sysfs(), ask=lambda: None) == Health(None, None)


@pytest.mark.parametrize(
    ("answer", "bits"), [("throttled=0x50000", 0x50000), ("throttled=0x0", 0), ("no", None)]
)
def test_vcgencmd_is_asked_where_the_file_is_missing(answer, bits, sysfs):
    assert look(**sysfs(), ask=lambda: answer).throttled == bits


@pytest.mark.parametrize(
    ("health", "text"),
    [
        (Health(), ""),
        (Health(61.4, 0), "61 C"),
        (Health(61.4, 0x50000), "61 C"),  # it was, and is no more
        (Health(85.0, 0x5), "85 C, under voltage, throttled"),
        (Health(None, 0x8), "soft temperature limit"),
    ],
)
def test_an_overlay_shows_what_is_now(health, text):
    assert str(health) == text


def test_it_is_looked_at_aside_and_again():
    looked, looks = threading.Semaphore(0), iter([Health(50.0), Health(60.0)])

    def slow():
        health = next(looks, Health(70.0))
        looked.release()
        return health

    board = Board(slow, every=0.0)
    assert board.health == Health()
    with board:
        for _ in range(4):
            assert looked.acquire(timeout=30)
    assert board.health == Health(70.0)
