"""The loss decodes as the device does, and its minimum is the truth."""

from __future__ import annotations

import numpy as np
import pytest

from edge.decode import box_from_maps
from train.losses import OFFSET_SCALE, decoded, giou, map_loss

rng = np.random.default_rng(0)


def test_training_and_device_decode_the_same_box() -> None:
    attention = rng.normal(0, 2, (5, 7, 7, 4)).astype(np.float32)
    offsets = rng.normal(1, 0.5, (5, 7, 7, 4)).astype(np.float32)
    there = np.asarray(decoded(attention, offsets))
    for picture in range(5):
        box = box_from_maps(attention[picture], offsets[picture], OFFSET_SCALE)
        low, high = np.minimum(there[picture, :2], there[picture, 2:]), there[picture, 2:]
        assert box.edges[:2] == pytest.approx(np.clip(low, 0, 1), abs=1e-5)
        assert box.edges[2:] == pytest.approx(
            np.clip(np.maximum(there[picture, :2], high), 0, 1), abs=1e-5
        )


def test_the_same_box_overlaps_by_one_and_a_far_one_by_less_than_nothing() -> None:
    truth = np.array([[0.1, 0.1, 0.3, 0.3]] * 2, np.float32)
    boxes = np.array([[0.1, 0.1, 0.3, 0.3], [0.7, 0.7, 0.9, 0.9]], np.float32)
    near, far = np.asarray(giou(truth, boxes))
    assert near == pytest.approx(1.0, abs=1e-4)
    # two boxes of 0.04 in a hull of 0.64: 0 - (0.64 - 0.08) / 0.64
    assert far == pytest.approx(-0.875, abs=1e-4)


def test_swapped_edges_do_not_overlap() -> None:
    truth = np.array([[0.2, 0.2, 0.6, 0.6]], np.float32)
    swapped = truth[:, [2, 3, 0, 1]]
    assert float(np.asarray(giou(truth, swapped))[0]) <= 0


def test_maps_that_look_at_the_edges_cost_less_than_maps_that_look_away() -> None:
    truth = np.array([[0.25, 0.25, 0.75, 0.75]], np.float32)
    rows, columns = np.mgrid[0:8, 0:8]
    maps = np.zeros((2, 8, 8, 8), np.float32)
    for edge, (row, column) in enumerate([(4, 2), (2, 4), (4, 5), (5, 4)]):
        distance = (rows - row) ** 2 + (columns - column) ** 2
        maps[0, :, :, edge] = -distance
        maps[1, :, :, edge] = distance / 8
    right, wrong = np.asarray(map_loss(np.repeat(truth, 2, 0), maps))
    assert right < wrong
