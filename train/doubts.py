"""What the user should know about classes that are too rare to learn or to measure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from train.split import Split


def doubts(lists: Split, labels: Sequence[str]) -> list[str]:
    """A sentence for each such class; labels: those of the pictures that train."""
    everything = [*lists.train, *lists.validation, *lists.held_out]
    counts = Counter(example.label for example in everything if example.label is not None)
    notes = []
    for label, count in sorted(counts.items()):
        if label not in labels:
            notes.append(
                f"no picture of class {label!r} is left for training, so the model will not know "
                "it; add pictures of it"
            )
        elif count == 1:
            notes.append(
                f"class {label!r} has one picture, too few to learn it and none to measure it; "
                "add pictures of it"
            )
    return notes
