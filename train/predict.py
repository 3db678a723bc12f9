"""What a model says of people's pictures: drawn, as JSON and as CSV."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.drawing import draw_note, drawn
from edge.errors import LocalizerError
from edge.image import SUFFIXES, Image, read_image, write_image
from edge.observation import Answer
from train.autolabel import COLUMNS
from train.example import Fault
from train.models import Model
from train.readers.pictures import Pictures, passed_by, unnameable
from train.run_folder import new_folder, writing_into

Watch = Callable[[Iterable[Path]], Iterable[Path]]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What was said of one picture."""

    path: Path
    drawing: str
    """The drawn picture's path in the folder that was made."""
    width: int
    """Pixels of the upright picture, as ``height``."""
    height: int
    answer: Answer

    def to_json(self) -> dict[str, Any]:
        """Box in fractions and in pixels, label, score and presence; null where nothing is."""
        found = self.answer.found
        return {
            "path": str(self.path),
            "drawing": self.drawing,
            "width": self.width,
            "height": self.height,
            "box": [round(edge, 5) for edge in found.box.edges] if found else None,
            "pixels": self.pixels,
            "label": found.label if found else None,
            "score": round(found.score, 4) if found else None,
            "presence": round(self.answer.presence, 4),
        }

    @property
    def pixels(self) -> list[float] | None:
        """Left, top, right, bottom in pixels."""
        found = self.answer.found
        if found is None:
            return None
        sides = (self.width, self.height) * 2
        return [round(edge * side, 2) for edge, side in zip(found.box.edges, sides, strict=True)]


@dataclass(frozen=True, slots=True)
class Predicted:
    """What came of some pictures."""

    predictions: Sequence[Prediction]
    refused: Sequence[Fault]
    """Pictures that cannot be read."""


def pictures_of(places: Iterable[Path]) -> list[tuple[Path, Path]]:
    """Each picture with the path that its drawing gets: those below folders, and single files.

    Raises LocalizerError where a place is no picture, or nothing is there.
    """
    found: list[tuple[Path, Path]] = []
    taken: set[str] = set()
    for place in places:
        if place.is_dir():
            below = [(path, path.relative_to(place)) for path in Pictures.below(place).paths]
        elif place.is_file() and place.suffix.lower() in SUFFIXES:
            below = [(place, Path(place.name))]
        else:
            raise LocalizerError(
                f"pictures are folders, or files that end in {', '.join(SUFFIXES)}. "
                f"Received: {place}"
            )
        for path, name in below:
            free, number = name, 1
            while str(free).lower() in taken:  # two folders may each have a 1.jpg
                number += 1
                free = name.with_name(f"{name.stem}-{number}{name.suffix}")
            taken.add(str(free).lower())
            found.append((path, free))
    if not found:
        raise LocalizerError(
            f"no picture is there ({', '.join(SUFFIXES)}); name a folder of pictures, or files"
        )
    return found


def predict(
    model: Model, places: Sequence[Path], out: Path, watch: Watch = lambda paths: paths
) -> Predicted:
    """Make the folder ``out``: ``pictures/`` with what was found drawn in, JSON, and CSV.

    places: folders of pictures, and pictures. A picture that cannot be read is listed.
    Raises LocalizerError where ``out`` exists, or no picture can be read.
    """
    names = dict(pictures_of(places))
    predictions: list[Prediction] = []
    refused = [fault for place in places if place.is_dir() for fault in passed_by(place)]
    with new_folder(out) as folder:
        for path in watch(list(names)):
            if (why := unnameable(path)) is not None:
                refused.append(Fault(path, why, kind="corrupt", picture=path))
                continue
            try:
                image = read_image(path)
            except LocalizerError as error:
                rule = str(error).removeprefix(f"{path} ")
                refused.append(Fault(path, rule, kind="corrupt", picture=path))
                continue
            answer = model.localize(image)
            target = folder / "pictures" / names[path]
            target.parent.mkdir(parents=True, exist_ok=True)
            write_image(target, told(image, answer, model.localize.threshold))
            height, width = image.shape[:2]
            name = str(Path("pictures") / names[path])
            predictions.append(Prediction(path, name, width, height, answer))
        if not predictions:
            raise LocalizerError(
                f"none of the {len(refused)} pictures can be read, the first because "
                f"{refused[0]}; name others"
            )
        content = {
            "model": model.to_json(),
            "predictions": [one.to_json() for one in predictions],
            "refused": [{"path": str(one.path), "why": one.rule} for one in refused],
        }
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        with writing_into(out):
            # a name that is not UTF-8 becomes JSON's own escape, which json.loads gives back
            (folder / "predictions.json").write_text(text, "utf-8", "backslashreplace")
            _write_table(folder / "predictions.csv", predictions, out)
    return Predicted(predictions, refused)


def told(image: Image, answer: Answer, threshold: float) -> Image:
    """A copy of ``image`` with the box, label and confidence; or with the word that it is none.

    threshold: the presence, 0 to 1, that a box wants; it is told where it was not reached.
    """
    copy = drawn(image, answer)
    if answer.found is None:
        draw_note(copy, f"nothing: presence {answer.presence:.4f} < {threshold:.4f}")
    return copy


def _write_table(path: Path, predictions: Sequence[Prediction], out: Path) -> None:
    """A line for each picture, boxes in pixels; those of a picture with nothing are empty.

    out: the folder that the pictures' names are relative to, as readers of tables take them.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*COLUMNS, "presence"])
        for one in predictions:
            found = one.answer.found
            edges = [f"{edge:.2f}" for edge in one.pixels or []] or [""] * 4
            said = [found.label, f"{found.score:.4f}"] if found else ["", ""]
            name = os.path.relpath(one.path, out)
            writer.writerow([name, *edges, *said, f"{one.answer.presence:.4f}"])
