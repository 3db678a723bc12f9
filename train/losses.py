"""What the training makes small, in plain Keras ops."""

from __future__ import annotations

from typing import Any

import numpy as np

from edge.card import Card

# The card's own default, so that training and device cannot differ.
OFFSET_SCALE = Card(1, 1, ("",)).offset_scale
_SPREAD = 0.06  # share of the picture: how wide around its middle an edge may look


def grid(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """The centres of a map's cells as fractions across and down, each of shape (cells,)."""
    y, x = np.mgrid[0:rows, 0:columns]
    across = ((x + 0.5) / columns).reshape(-1)
    down = ((y + 0.5) / rows).reshape(-1)
    return across.astype(np.float32), down.astype(np.float32)


def decoded(attention: Any, offsets: Any) -> Any:
    """Boxes of shape (batch, 4) from maps of shape (batch, rows, columns, 4).

    The same decode as ``edge.decode.box_from_maps``, not sorted and not cut: a sorted box would
    train to swapped edges.
    """
    from keras import ops

    _, rows, columns, _ = attention.shape
    across, down = grid(rows, columns)
    # tensors, because a numpy array would not multiply with torch's
    centres = ops.convert_to_tensor(np.stack([across, down, across, down], axis=-1))
    outward = ops.convert_to_tensor(np.array([-1, -1, 1, 1], np.float32) * OFFSET_SCALE)
    weights = ops.softmax(ops.reshape(attention, (-1, rows * columns, 4)), axis=1)
    votes = centres + outward * ops.reshape(offsets, (-1, rows * columns, 4))
    return ops.sum(weights * votes, axis=1)


def iou(truth: Any, boxes: Any) -> Any:
    """IoU, 0 to 1, of boxes of shape (batch, 4), as shape (batch,); a swapped box counts 0."""
    both, union, _ = _areas(truth, boxes)
    return both / (union + 1e-7)


def giou(truth: Any, boxes: Any) -> Any:
    """Generalized IoU, -1 to 1, of boxes of shape (batch, 4), as shape (batch,)."""
    both, union, hull = _areas(truth, boxes)
    return both / (union + 1e-7) - (hull - union) / (hull + 1e-7)


def _areas(truth: Any, boxes: Any) -> tuple[Any, Any, Any]:
    """What both cover, what either covers, and the box around both, each of shape (batch,)."""
    from keras import ops

    def area(box: Any) -> Any:
        sides = ops.maximum(box[:, 2:] - box[:, :2], 0.0)
        return sides[:, 0] * sides[:, 1]

    both = area(
        ops.concatenate(
            [ops.maximum(truth[:, :2], boxes[:, :2]), ops.minimum(truth[:, 2:], boxes[:, 2:])], 1
        )
    )
    hull = area(
        ops.concatenate(
            [ops.minimum(truth[:, :2], boxes[:, :2]), ops.maximum(truth[:, 2:], boxes[:, 2:])], 1
        )
    )
    return both, area(truth) + area(boxes) - both, hull


def cell_loss(truth: Any, cells: Any) -> Any:
    """How wrong the cells are about seeing the object, shape (batch,).

    truth: boxes and 1 or 0 for an object, shape (batch, 5). cells: logits, shape (batch, rows,
    columns, 1). Cells well inside the box, and always the one in its middle, should be sure; cells
    outside should be sure of the contrary; those at its border are left alone.
    """
    from keras import ops

    _, rows, columns, _ = cells.shape
    across, down = map(ops.convert_to_tensor, grid(rows, columns))
    left, top, right, bottom, there = (truth[:, i : i + 1] for i in range(5))
    # 1 at the border of the box, less inside, more outside; a box has at least a cell's size
    x = ops.abs(across - (left + right) / 2) / ops.maximum((right - left) / 2, 0.75 / columns)
    y = ops.abs(down - (top + bottom) / 2) / ops.maximum((bottom - top) / 2, 0.75 / rows)
    apart = ops.maximum(x, y)
    inside = ops.cast(apart < 0.8, "float32") * there
    outside = ops.maximum(ops.cast(apart > 1.2, "float32"), 1.0 - there)
    logits = ops.reshape(cells, (-1, rows * columns))

    def mean(values: Any, of: Any) -> Any:
        return ops.sum(values * of, axis=1) / ops.maximum(ops.sum(of, axis=1), 1.0)

    return mean(ops.softplus(-logits), inside) + mean(ops.softplus(logits), outside)


def map_loss(truth: Any, maps: Any) -> Any:
    """The loss of each box, shape (batch,).

    truth: boxes, shape (batch, 4). maps: attention and offsets, shape (batch, rows, columns, 8).
    2 (1 - GIoU) + 5 mean |edge - truth| + half the cross-entropy of each attention map against a
    gaussian around the middle of its edge.
    """
    from keras import ops

    attention, offsets = maps[..., :4], maps[..., 4:]
    boxes = decoded(attention, offsets)
    _, rows, columns, _ = maps.shape
    across, down = map(ops.convert_to_tensor, grid(rows, columns))
    left, top, right, bottom = (truth[:, i : i + 1] for i in range(4))
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    x = ops.stack([left, middle_x, right, middle_x], axis=-1)
    y = ops.stack([middle_y, top, middle_y, bottom], axis=-1)
    distance = (across[:, None] - x) ** 2 + (down[:, None] - y) ** 2
    target = ops.softmax(-distance / (2 * _SPREAD**2), axis=1)
    logits = ops.log_softmax(ops.reshape(attention, (-1, rows * columns, 4)), axis=1)
    looking = ops.mean(-ops.sum(target * logits, axis=1), axis=-1)
    return (
        2.0 * (1.0 - giou(truth, boxes))
        + 5.0 * ops.mean(ops.abs(truth - boxes), axis=-1)
        + 0.5 * looking
    )
