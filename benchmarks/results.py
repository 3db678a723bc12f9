"""RESULTS.md, made from the measured rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.ledger import Row

_ROUNDS = 10_000  # of the bootstrap


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
    differences = np.array([ours[name][0] - theirs[name][0] for name in shared])
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
        "train s | img/s | our lead [95 %] |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for model in sorted(models, key=lambda m: -np.mean([v[0] for v in seen[m].values()])):
        of, values = by_model[model], np.array(list(seen[model].values()))
        iou = values[:, 0]
        gap = ""
        if model != best and best in seen:
            gap = "{:+.3f} [{:+.3f}, {:+.3f}]".format(*lead(seen[best], seen[model]))
        floating = np.mean([row["float"]["mean_iou"] for row in of])
        folds = len({row["fold"] for row in of})
        lines.append(
            f"| {model} | {folds} | {floating:.3f} | {iou.mean():.3f} ± "
            f"{iou.std(ddof=1) / np.sqrt(len(iou)):.3f} | {(iou >= 0.5).mean():.3f} | "
            f"{(iou >= 0.75).mean():.3f} | {(iou >= 0.9).mean():.3f} | "
            f"{np.percentile(iou, 10):.3f} | {values[:, 1].mean():.3f} | "
            f"{np.median([row['seconds'] for row in of]):.0f} | "
            f"{np.median([row['images_per_second'] for row in of]):.0f} | {gap} |"
        )
    return lines


def write_results(path: Path, rows: Sequence[Row]) -> None:
    """Write one table for each part and set that was measured."""
    lines = ["# Accuracy", "", "Made by `python -m benchmarks.accuracy` from `accuracy.json`.", ""]
    for part, title in (("test", "Test folds"), ("validation", "Validation parts, to choose by")):
        for name in sorted({row["data"] for row in rows if row["part"] == part}):
            chosen = [row for row in rows if row["part"] == part and row["data"] == name]
            lines += [f"## {title}: {name}", "", *table(chosen), ""]
    lines += [f"Machine: {machine}." for machine in sorted({row["machine"] for row in rows})]
    path.write_text("\n".join(lines) + "\n")
