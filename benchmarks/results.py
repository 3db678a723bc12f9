"""RESULTS.md, made from the measured rows and from the hand-written ``tried.md``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.ledger import Row

_ROUNDS = 10_000  # of the bootstrap
_SMALL = 0.06  # of the picture


def pictures(rows: Iterable[Row]) -> dict[str, list[float]]:
    """Overlap and class of each picture, averaged over the seeds that saw it held out."""
    seen: dict[str, list[list[float]]] = {}
    for row in rows:
        for name, values in row["pictures"].items():
            seen.setdefault(name, []).append(values)
    return {name: list(np.mean(values, axis=0)) for name, values in seen.items()}


def lead(ours: dict[str, list[float]], theirs: dict[str, list[float]]) -> tuple[float, ...]:
    """Mean paired difference of overlap, and the ends of its 95 % bootstrap interval."""
    shared = sorted(set(ours) & set(theirs))
    return interval([ours[name][0] - theirs[name][0] for name in shared])


def interval(paired: Sequence[float]) -> tuple[float, ...]:
    """The mean of ``paired`` differences, and the ends of its 95 % bootstrap interval."""
    differences = np.array(paired)
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(differences), (_ROUNDS, len(differences)))
    low, high = np.percentile(differences[draws].mean(axis=1), [2.5, 97.5])
    return float(differences.mean()), float(low), float(high)


def table(rows: Sequence[Row], best: str = "ours") -> list[str]:
    """The lines of one set's table, the best first."""
    models = sorted({row["model"] for row in rows})
    by_model = {model: [row for row in rows if row["model"] == model] for model in models}
    seen = {model: pictures(of) for model, of in by_model.items()}
    lines = [
        "| model | folds | float | int8 ± s.e. | ≥ 0.5 | ≥ 0.75 | ≥ 0.9 | 10th pct | class | "
        "train s | CPU s | img/s | our lead [95 %] |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for model in sorted(models, key=lambda m: -np.mean([v[0] for v in seen[m].values()])):
        of = by_model[model]
        gap = ""
        if model != best and best in seen:
            gap = _signed(lead(seen[best], seen[model]))
        floating = np.mean([row["float"]["mean_iou"] for row in of])
        folds = len({row["fold"] for row in of})
        lines.append(
            f"| {model} | {folds} | {floating:.3f} | {_told(seen[model])} | "
            f"{_median(of, 'seconds')} | {_median(of, 'cpu_seconds')} | "
            f"{_median(of, 'images_per_second')} | {gap} |"
        )
    return lines


def _told(seen: dict[str, list[float]]) -> str:
    """Mean overlap with its standard error, shares at 0.5, 0.75 and 0.9, 10th percentile, class."""
    values = np.array(list(seen.values()))
    iou = values[:, 0]
    shares = (f"{(iou >= share).mean():.3f}" for share in (0.5, 0.75, 0.9))
    error = iou.std(ddof=1) / np.sqrt(len(iou))
    rest = f"{np.percentile(iou, 10):.3f} | {values[:, 1].mean():.3f}"
    return f"{iou.mean():.3f} ± {error:.3f} | {' | '.join(shares)} | {rest}"


def _signed(values: tuple[float, ...]) -> str:
    return "{:+.3f} [{:+.3f}, {:+.3f}]".format(*values)


def _median(rows: Sequence[Row], name: str) -> str:
    """A whole number; a dash where an older row does not have it."""
    values = [row[name] for row in rows if name in row]
    return f"{np.median(values):.0f}" if values else "–"


def emptiness_table(rows: Sequence[Row]) -> list[str]:
    """A line for each fold, and what all of them say together."""
    films = sorted({film for row in rows for film in row["films"]})
    head = ["fold", "pictures", "cuts", "AUROC", "alarms", "missed", *films]
    lines = [_line(head), _line("---" for _ in head)]
    for row in sorted(rows, key=lambda row: (row["fold"], row["seed"])):
        told = [row["films"][film] for film in films]
        lines.append(
            _line([
                row["fold"], row["pictures"], row["cuts"], f"{row['auroc']:.3f}",
                f"{row['alarms'] / row['cuts']:.3f}", f"{row['missed'] / row['pictures']:.3f}",
                *(f"{film['silent'] / film['frames']:.3f}" for film in told),
            ])
        )  # fmt: skip
    mean, least = (f([row["auroc"] for row in rows]) for f in (np.mean, np.min))
    silent = [film["silent"] / film["frames"] for row in rows for film in row["films"].values()]
    lines += ["", f"AUROC {mean:.4f} in the mean, {least:.4f} at least."]
    if silent:
        lines[-1] += f" A film is silent in {min(silent):.1%} of its frames at least."
    return lines


def shape_table(rows: Sequence[Row]) -> list[str]:
    """A line for each shape: both fits, the difference between them and to the whole photo."""
    seen = [picture for row in rows for picture in row["pictures"].values()]
    lines = [
        "| camera | stretch | letterbox | letterbox − stretch [95 %] | stretch − photo [95 %] |",
        "|---|---|---|---|---|",
    ]
    for shape in dict.fromkeys(name.split()[0] for name in seen[0]):
        stretch, letterbox, photo = (
            np.array([picture[name] for picture in seen])
            for name in (f"{shape} stretch", f"{shape} letterbox", "photo stretch")
        )
        drop = _signed(interval(list(stretch - photo))) if shape != "photo" else ""
        lines.append(
            f"| {shape} | {stretch.mean():.3f} | {letterbox.mean():.3f} | "
            f"{_signed(interval(list(letterbox - stretch)))} | {drop} |"
        )
    return lines


def closer_table(rows: Sequence[Row]) -> list[str]:
    """A line for each way to look, the pairs' difference, and the same of the small objects."""
    lines = [
        "| looks | int8 ± s.e. | ≥ 0.5 | ≥ 0.75 | ≥ 0.9 | 10th pct | class | under 6 % | "
        "gain [95 %] |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    areas: dict[str, float] = {}
    for row in rows:
        areas |= row["areas"]
    one, closer = (
        pictures({"pictures": row[f"{way}_pictures"]} for row in rows) for way in ("one", "closer")
    )
    for name, seen in (("one", one), ("closer", closer)):
        small = [seen[picture][0] for picture, area in areas.items() if area < _SMALL]
        of_small = f"{np.mean(small):.3f} of {len(small)}" if small else "–"
        gain = _signed(lead(closer, one)) if name == "closer" else ""
        lines.append(_line([name, _told(seen), of_small, gain]))
    return [*lines, "", f"Folds: {len({row['fold'] for row in rows})}."]


def agreement_table(rows: Sequence[Row]) -> list[str]:
    """A line for each fold, and the mean of all."""
    names = ("boxes", "presence", "presence_empty")
    lines = [
        "| fold | pictures | boxes | presence | empty views | their presence |",
        "|---|---|---|---|---|---|",
    ]
    for row in sorted(rows, key=lambda row: (row["fold"], row["seed"])):
        boxes, there, nothing = ("–" if row[name] is None else row[name] for name in names)
        lines.append(_line([row["fold"], row["pictures"], boxes, there, row["empty"], nothing]))
    told = [[row[name] for row in rows if row[name] is not None] for name in names]
    means = (f"{np.mean(values):.3f}" if values else "–" for values in told)
    words = "boxes {}, presence {} and, where nothing is, {}".format(*means)
    return [*lines, "", f"In the mean: {words}."]


def _line(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


_ACCURACY = """Made by `python -m benchmarks.accuracy` from `accuracy.json`. Seconds are medians \
of folds that may have run on different machines and numbers of cores; each row there says which \
(under `trained`, where its network was converted once more later).\
"""
_EMPTINESS = """Made by `python -m benchmarks.emptiness`: the presence that each fold's int8 file \
gives to its test pictures and to parts of them that lie wholly beside the object. Alarms are the \
share of such parts in which something is found, missed the share of pictures in which nothing \
is; then the share of frames in which `edge-run` finds nothing in films that do not show it.\
"""
_SHAPE = """Made by `python -m benchmarks.shape`: each fold's int8 file on the largest part of its \
test pictures that has the camera's shape and the object in its middle, resized as the project \
does it, and with the shape kept and grey around it. Mean IoU in that part.\
"""

_CLOSER = """Made by `python -m benchmarks.closer`: each fold's int8 file on the pictures that its \
training held out, as `edge-run` looks at them, and as `edge-run --closer` does: a second time, at \
the part around the box. Under 6 %: mean IoU of the objects that cover less of their picture.\
"""


_AGREEMENT = """Made by `python -m benchmarks.agreement`: each fold's network as it was trained, \
and its plain int8 file by today's conversion, asked about the same validation pictures. Boxes: \
the mean IoU of both answers; presence: the mean difference of both logits, of pictures with the \
object and of views without it.\
"""


def write_results(folder: Path) -> None:
    """Write RESULTS.md in ``folder`` from what was measured there, and from tried.md."""

    def rows(name: str) -> list[Row]:
        path = folder / name
        return list(json.loads(path.read_text())) if path.is_file() else []

    measured = rows("accuracy.json")
    lines = ["# Accuracy", "", _ACCURACY, ""]
    for part, title in (("test", "Test folds"), ("validation", "Validation parts, to choose by")):
        for name in sorted({row["data"] for row in measured if row["part"] == part}):
            chosen = [row for row in measured if row["part"] == part and row["data"] == name]
            lines += [f"## {title}: {name}", "", *table(chosen), ""]
    for file, title, text, make in (
        ("closer.json", "A closer look", _CLOSER, closer_table),
        ("emptiness.json", "Nothing there", _EMPTINESS, emptiness_table),
        ("shape.json", "The camera's shape", _SHAPE, shape_table),
        ("agreement.json", "Float and int8", _AGREEMENT, agreement_table),
    ):
        kinds = {(row["part"], row["data"], row["model"]) for row in rows(file)}
        for part, data, model in sorted(kinds):
            chosen = [
                row
                for row in rows(file)
                if (row["part"], row["data"], row["model"]) == (part, data, model)
            ]
            where = "" if part == "test" else f", {part} pictures"
            lines += [f"## {title}: {data}, {model}{where}", "", text, "", *make(chosen), ""]
    tried = folder / "tried.md"
    if tried.is_file() and tried.read_text().strip():
        lines += ["## Tried and left out", "", tried.read_text().strip(), ""]
    machines = {one["machine"] for row in measured for one in (row, row.get("trained", row))}
    lines += [f"Machine: {machine}." for machine in sorted(machines)]
    (folder / "RESULTS.md").write_text("\n".join(lines) + "\n")
