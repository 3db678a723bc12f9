"""The curves of a training as one picture."""

from __future__ import annotations

from pathlib import Path

from train.epochs import History


def write_curves(path: Path, history: History) -> None:
    """Draw the loss of each epoch, and the epoch whose weights were kept."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    epochs = [row["epoch"] for row in history.rows]
    for key, name in (("loss", "training"), ("val_loss", "validation")):
        if history.rows and key in history.rows[0]:
            axes.plot(epochs, [row[key] for row in history.rows], marker=".", label=name)
    axes.axvline(history.best, color="grey", linestyle=":", label=f"kept: epoch {history.best}")
    axes.set(xlabel="epoch", ylabel="loss", title="Loss of all layers' training")
    axes.legend()
    figure.savefig(path, dpi=110)
