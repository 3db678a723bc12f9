"""A Keras network as a picture: its layers in groups, from the pixels down to each output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

_ROW, _LANE, _WIDTH = 44, 18, 460
_FRAMING = frozenset("Cropping2D Flatten Reshape ZeroPadding2D".split())
"""Layers that only change the shape of what the layer before them gives."""
_MINOR = _FRAMING | frozenset(
    "Activation BatchNormalization Dropout InputLayer ReLU Rescaling".split()
)
"""Layers that are not named where there are others."""


@dataclass(slots=True)
class Layer:
    """One operation of the network, nested models unfolded."""

    name: str
    kind: str
    shape: tuple[int, ...]
    """Of its first output, without the batch."""
    weights: int
    """How many numbers it has learnt."""
    sources: list[Layer]
    """The layers that it takes its input from."""
    outputs: frozenset[str] = frozenset()
    """The network's outputs that depend on it."""
    ends_in: str | None = None
    """The output that it gives itself."""


@dataclass(slots=True, eq=False)
class Group:
    """Layers of one resolution that serve the same outputs."""

    layers: list[Layer] = field(default_factory=list)
    sources: list[Group] = field(default_factory=list)
    """The groups that it takes its input from, in the order of the network."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of its last layer that is more than a frame, without the batch."""
        shapes = [layer.shape for layer in self.layers if layer.kind not in _FRAMING]
        return shapes[-1] if shapes else self.layers[-1].shape

    @property
    def weights(self) -> int:
        return sum(layer.weights for layer in self.layers)

    @property
    def outputs(self) -> list[str]:
        """The network's outputs that it gives itself."""
        return [layer.ends_in for layer in self.layers if layer.ends_in is not None]

    @property
    def kinds(self) -> str:
        """What it is made of, the most frequent first."""
        counts = Counter(layer.kind for layer in self.layers)
        told = {kind: n for kind, n in counts.items() if kind not in _MINOR} or dict(counts)
        ordered = sorted(told.items(), key=lambda item: -item[1])
        return ", ".join(f"{n} × {kind}" if n > 1 else kind for kind, n in ordered)


def layers_of(model: Any) -> list[Layer]:
    """The layers of a functional Keras ``model``, each after all that it depends on."""
    made: dict[int, Layer] = {}
    layers = list(_unfolded(model, made))
    outputs = model.output if isinstance(model.output, dict) else {"output": model.output}
    ends: dict[int, set[str]] = {}
    for name, tensor in outputs.items():
        last = made[id(tensor)]
        last.ends_in = name if last.ends_in is None else f"{last.ends_in}, {name}"
        ends.setdefault(id(last), set()).add(name)
    reached: dict[int, set[str]] = {id(layer): ends.get(id(layer), set()) for layer in layers}
    for layer in reversed(layers):
        for source in layer.sources:
            reached[id(source)] |= reached[id(layer)]
    for layer in layers:
        layer.outputs = frozenset(reached[id(layer)])
    return [layer for layer in layers if layer.outputs]


def groups_of(layers: Sequence[Layer]) -> list[Group]:
    """``layers`` in groups, each after all that it depends on."""
    groups: list[Group] = []
    group_of: dict[int, Group] = {}
    for layer in layers:
        sources = list(dict.fromkeys(group_of[id(source)] for source in layer.sources))
        group = next((g for g in reversed(groups) if _may_join(g, layer, sources)), None)
        if group is None:
            group = Group()
            groups.append(group)
        group.layers.append(layer)
        group.sources += [s for s in sources if s is not group and s not in group.sources]
        group_of[id(layer)] = group
    return _in_order(groups)


def network_drawing(model: Any) -> str:
    """Inline SVG: a row for each group, wires between them, read from the pixels down."""
    groups = groups_of(layers_of(model))
    at = {id(group): row for row, group in enumerate(groups)}
    lanes, wires = lanes_of(groups)
    left = _LANE * (max([*lanes, *(lane for _, _, lane in wires)]) + 1) + 12
    parts = [_wire(lanes, at[id(a)], at[id(b)], lane) for a, b, lane in wires]
    for row, group in enumerate(groups):
        y = row * _ROW + _ROW // 2
        parts.append(f'<circle class="layer" cx="{_x(lanes[row])}" cy="{y}" r="6"/>')
        title = escape(_cut(_title(group, first=row == 0), left))
        parts.append(f'<text class="name" x="{left}" y="{y - 2}">{title}</text>')
        told = " × ".join(str(side) for side in group.shape)
        if group.weights:
            told += f" · {_amount(group.weights)} weights"
        parts.append(f'<text x="{left}" y="{y + 14}">{told}</text>')
    count = model.count_params()
    label = f"{len(groups)} groups of layers with {count} weights"
    return (
        f'<svg class="network" viewBox="0 0 {_WIDTH} {len(groups) * _ROW}" role="img" '
        f'aria-label="{label}">{"".join(parts)}</svg>'
    )


def _unfolded(model: Any, made: dict[int, Layer]) -> Iterator[Layer]:
    """The layers of ``model``; ``made`` says, and is told, which layer gives which tensor."""
    # Keras has no public way from a tensor to the nested layer that made it.
    nodes = model._nodes_by_depth
    for node in (node for depth in sorted(nodes, reverse=True) for node in nodes[depth]):
        operation = node.operation
        sources = [made[id(tensor)] for tensor in node.input_tensors]
        if hasattr(operation, "_nodes_by_depth"):
            inside = {id(t): s for t, s in zip(operation.inputs, sources, strict=True)}
            yield from _unfolded(operation, inside)
            for outer, inner in zip(node.outputs, operation.outputs, strict=True):
                made[id(outer)] = inside[id(inner)]
        elif id(node.outputs[0]) not in made:  # else the input of a nested model
            weights = operation.count_params() if hasattr(operation, "count_params") else 0
            shape = tuple(int(side) for side in node.outputs[0].shape[1:])
            layer = Layer(operation.name, type(operation).__name__, shape, weights, sources)
            made.update((id(tensor), layer) for tensor in node.outputs)
            yield layer


def _may_join(group: Group, layer: Layer, sources: Sequence[Group]) -> bool:
    """Whether ``layer`` is of one kind with ``group``, and joining it closes no circle."""
    if group.layers[0].outputs != layer.outputs:
        return False
    if layer.kind in _FRAMING:
        return group in sources
    if group.shape[:-1] != layer.shape[:-1]:
        return False
    return not any(source is not group and _depends(source, group) for source in sources)


def _depends(group: Group, on: Group) -> bool:
    return group is on or any(_depends(source, on) for source in group.sources)


def _in_order(groups: Sequence[Group]) -> list[Group]:
    """``groups``, each after its sources; as soon after the one before as can be."""
    ordered: list[Group] = []
    waiting = list(groups)
    while waiting:
        ready = [g for g in waiting if all(source in ordered for source in g.sources)]
        group = next((g for g in ready if ordered and ordered[-1] in g.sources), ready[0])
        ordered.append(group)
        waiting.remove(group)
    return ordered


Wire = tuple[Group, Group, int]
"""From a group to another, and the lane in which it passes the rows between them."""


def lanes_of(groups: Sequence[Group]) -> tuple[list[int], list[Wire]]:
    """The lane of each group, and the wires between them, none through another group."""
    at = {id(group): row for row, group in enumerate(groups)}
    takers: dict[int, list[Group]] = {id(group): [] for group in groups}
    for group in groups:
        for source in group.sources:
            takers[id(source)].append(group)
    free_from: list[int] = []  # by lane, the row from which it is free again
    lanes: list[int] = []
    wires: list[Wire] = []
    reserved: dict[int, int] = {}
    for row, group in enumerate(groups):
        lane = reserved.get(id(group))
        if lane is None:
            lane = _free(free_from, row)
        lanes.append(lane)
        free_from[lane] = max(free_from[lane], row + 1)
        for number, taker in enumerate(sorted(takers[id(group)], key=lambda one: at[id(one)])):
            # the nearest goes straight on, the others step aside
            way = lane if number == 0 else _free(free_from, row + 1)
            free_from[way] = at[id(taker)] + 1
            reserved[id(taker)] = min(way, reserved.get(id(taker), way))
            wires.append((group, taker, way))
    return lanes, wires


def _free(free_from: list[int], row: int) -> int:
    """The first lane that is free at ``row``; a new one where none is."""
    for lane, since in enumerate(free_from):
        if since <= row:
            free_from[lane] = row
            return lane
    free_from.append(row)
    return len(free_from) - 1


def _wire(lanes: Sequence[int], start: int, end: int, lane: int) -> str:
    """A wire that leaves its group sideways, runs down its lane, and comes in from above."""
    half = _ROW / 2
    y0, y1 = start * _ROW + half, end * _ROW + half
    x0, x, x1 = _x(lanes[start]), _x(lane), _x(lanes[end])
    path = f"M{x0},{y0}C{x0},{y0 + half} {x},{y0 + half / 2} {x},{y0 + half}"
    if y1 - half > y0 + half:
        path += f"L{x},{y1 - half}"
    path += f"C{x},{y1 - half / 2} {x1},{y1 - half} {x1},{y1}"
    return f'<path class="wire" d="{path}"/>'


def _title(group: Group, first: bool) -> str:
    """What stands beside a group: the picture, its layers, the output that it gives."""
    title = group.kinds
    if first:
        plain = all(layer.kind in _MINOR for layer in group.layers)
        title = "the picture" if plain else f"the picture, {title}"
    return f"{title} → {', '.join(group.outputs)}" if group.outputs else title


def _x(lane: int) -> int:
    return 10 + _LANE * lane


def _cut(text: str, left: int) -> str:
    """``text`` as far as it fits beside the wires."""
    most = (_WIDTH - left) // 7
    return text if len(text) <= most else text[: most - 1].rstrip(" ,") + "…"


def _amount(count: int) -> str:
    if count >= 1_000_000:
        return f"{count / 1e6:.2f} M"
    return f"{count / 1e3:.1f} k" if count >= 10_000 else str(count)
