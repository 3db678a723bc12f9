"""Fine-tuning happens where quantization loses, and is kept where it pays."""

from __future__ import annotations

import pytest

from convert.repair import repaired

MEASURED = {b"plain": 0.80, b"worse": 0.79, b"better": 0.83}


def outcome(floating: float, tuned: bytes) -> tuple[bytes, str]:
    file, repair = repaired(b"plain", floating, MEASURED.__getitem__, lambda: tuned)
    return file, str(repair)


def test_a_small_loss_is_left_alone() -> None:
    def never() -> bytes:
        raise AssertionError("nothing was lost")

    file, repair = repaired(b"plain", 0.804, MEASURED.__getitem__, never)
    assert file == b"plain"
    assert str(repair) == "validation, float 0.804, int8 0.800: nothing to win back"


@pytest.mark.parametrize(
    ("tuned", "kept", "verdict"),
    [
        (b"better", b"better", "0.830: kept"),
        (b"worse", b"plain", "0.790: not kept, since it did not pay"),
    ],
)
def test_fine_tuning_is_kept_only_where_it_pays(tuned: bytes, kept: bytes, verdict: str) -> None:
    file, text = outcome(0.84, tuned)
    assert file == kept
    assert text.endswith(f"after fine-tuning with rounded kernels {verdict}")
