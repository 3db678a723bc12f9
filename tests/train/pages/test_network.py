"""The network is drawn from its own layers, none of them lost."""

from __future__ import annotations

import pytest

pytest.importorskip("keras", reason="Keras is not installed")

from train.network import build
from train.pages.network import groups_of, lanes_of, layers_of, network_drawing


@pytest.fixture(scope="module")
def localizer():
    return build(64, 0.35, 3, "none")


def branching():
    """Two outputs from one trunk, one of them past a coarser detour."""
    import keras

    picture = keras.Input((16, 16, 3))
    trunk = keras.layers.Conv2D(4, 3, padding="same", name="trunk")(picture)
    coarse = keras.layers.MaxPooling2D(name="coarse")(trunk)
    raised = keras.layers.UpSampling2D(name="raised")(coarse)
    both = keras.layers.Concatenate(name="both")([trunk, raised])
    label = keras.layers.Dense(2, name="label")(keras.layers.GlobalMaxPooling2D()(coarse))
    return keras.Model(picture, {"maps": both, "label": label})


def test_every_weight_stands_in_one_group(localizer) -> None:
    groups = groups_of(layers_of(localizer))
    assert sum(group.weights for group in groups) == localizer.count_params()
    assert len(groups) < 20  # a picture, not a list of 170 layers


def test_each_group_comes_after_what_it_takes(localizer) -> None:
    groups = groups_of(layers_of(localizer))
    for row, group in enumerate(groups):
        assert all(groups.index(source) < row for source in group.sources)
    assert not groups[0].sources


def test_every_output_is_named_once(localizer) -> None:
    named = [name for group in groups_of(layers_of(localizer)) for name in group.outputs]
    assert sorted(named) == sorted(localizer.output)


def test_a_detour_stays_a_detour() -> None:
    groups = groups_of(layers_of(branching()))
    of = {layer.name: group for group in groups for layer in group.layers}
    assert of["both"] is of["raised"]  # of one resolution, for one output
    assert of["both"] is not of["trunk"]  # the coarser map lies between them
    assert {id(source) for source in of["both"].sources} == {id(of["trunk"]), id(of["coarse"])}


def test_the_drawing_has_a_row_for_each_group(localizer) -> None:
    drawing = network_drawing(localizer)
    groups = groups_of(layers_of(localizer))
    assert drawing.count('class="layer"') == len(groups)
    assert drawing.count('class="wire"') == sum(len(group.sources) for group in groups)
    assert "the picture" in drawing
    for name in localizer.output:
        assert name in drawing


def test_no_wire_runs_through_a_group_that_it_does_not_reach(localizer) -> None:
    for model in (localizer, branching()):
        groups = groups_of(layers_of(model))
        lanes, wires = lanes_of(groups)
        for source, taker, lane in wires:
            between = range(groups.index(source) + 1, groups.index(taker))
            assert lane not in [lanes[row] for row in between]
        beside = [(groups.index(taker), lane) for _, taker, lane in wires]
        assert len(set(beside)) == len(beside)  # no two wires end as one
