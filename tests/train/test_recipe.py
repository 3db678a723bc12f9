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


@pytest.mark.parametrize(("epochs", "first"), [(60, 40), (3, 2), (2, 1), (1, 0)])
def test_only_the_last_third_of_the_epochs_may_be_chosen(epochs: int, first: int) -> None:
    for weights in ("none", "imagenet"):
        plan = recipe(weights, epochs, None)
        assert plan.choose_from == first
        assert plan.patience >= epochs  # so that there is a last third
