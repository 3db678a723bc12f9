"""A trained classifier's weights, put into the localizer that is made from it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.errors import LocalizerError
from train.border import first_line
from train.floating import load_model
from train.run_folder import NOTES

_MAKE = "make one with edge-train fit --heads class"


def place(model: Any, file: Path, labels: Sequence[str]) -> None:
    """Give ``model`` the backbone and the dense weights of the classifier in ``file``, in place.

    labels: the class names, which must be the classifier's own where its RUN tells them.
    Raises LocalizerError where the file is no such classifier.
    """
    classifier = load_model(file)
    told = _labels_beside(file)
    if told is not None and told != list(labels):
        raise LocalizerError(
            f"{file} tells {', '.join(told)} apart but the pictures show {', '.join(labels)}; "
            "give --classifier a file that was trained on the same classes"
        )
    for name in ("features", "label"):
        try:
            model.get_layer(name).set_weights(classifier.get_layer(name).get_weights())
        except ValueError as error:  # there is no such layer, or its weights have other shapes
            raise LocalizerError(
                f"{file} does not fit as --classifier, in its part {name!r} "
                f"({first_line(error)}); {_MAKE} on the same classes and with the same --alpha"
            ) from error


def _labels_beside(file: Path) -> list[str] | None:
    """The class names in the notes of the RUN that ``file`` lies in; None where it lies in none."""
    try:
        return [str(label) for label in json.loads((file.parent / NOTES).read_text())["labels"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
