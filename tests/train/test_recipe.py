"""What the user asks for wins over what the recipe would choose."""

from __future__ import annotations

import pytest

from train.recipe import recipe


@pytest.mark.parametrize("weights", ["none", "imagenet"])
def test_what_was_asked_for_is_taken(weights: str) -> None:
    plan = recipe(weights, 12, 5, mirror=False, variety=0.2)
    assert (plan.epochs, plan.batch, plan.mirror, plan.variety) == (12, 5, False, 0.2)


def test_a_short_training_from_nothing_sees_plainer_views() -> None:
    assert recipe("none", 15, None).variety == 0.25
    assert recipe("none", 90, None).variety == 1.0
    assert recipe("imagenet", 15, None).variety == 1.0
