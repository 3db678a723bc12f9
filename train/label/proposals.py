"""What a model says of pictures that nobody has labelled: boxes to look at, the doubtful first."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.collected import heard, read_note, told
from edge.errors import LocalizerError, remedy
from edge.image import Image, read_image
from edge.observation import Localization

_ENOUGH = 0.2  # of presence: less is nothing to look at
_SUREST = 10.0  # what OpenCV's cascade gives where there is no doubt
Watch = Callable[[Iterable[Path]], Iterable[Path]]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A model's opinion on one picture."""

    presence: float
    """How sure it is that its object is there, 0 to 1."""
    found: Localization | None
    withheld: Localization | None = None
    """What it did not tell, as the presence was under its threshold."""

    @property
    def seen(self) -> Localization | None:
        """The box to show; None where the model sees nothing."""
        if self.found is None and self.presence < _ENOUGH:
            return None
        return self.found or self.withheld

    @property
    def certainty(self) -> float:
        """How little there is to learn from the picture, 0 to 1."""
        if self.found is not None:
            return self.presence * self.found.score
        return 1.0 - self.presence


Ask = Callable[[Image], Proposal]


def collected(paths: Iterable[Path]) -> dict[Path, Proposal]:
    """What devices said of frames that they collected, from the notes beside them."""
    notes = ((path, read_note(path)) for path in paths)
    return {
        path: Proposal(note.presence, note.found, note.withheld)
        for path, note in notes
        if note is not None
    }


def model(path: Path) -> tuple[Ask, str]:
    """What asks a model, and a name that tells it from others; raises LocalizerError."""
    from train.models import open_model
    from train.run_folder import digest

    opened = open_model(path, closer=True)  # a person waits for no frame, and mends less

    def ask(image: Image) -> Proposal:
        answer = opened.localize(image)
        return Proposal(float(answer.presence), answer.found, answer.withheld)

    return ask, f"{digest(opened.path)[:12]}-closer"


def haar() -> tuple[Ask, str]:
    """The same of faces by OpenCV's cascade."""
    from train import autolabel

    see = autolabel.haar()

    def ask(image: Image) -> Proposal:
        found = see(image)
        if found is None:
            return Proposal(0.5, None)
        return Proposal(min(max(found.score / _SUREST, 0.0), 1.0), found)

    return ask, "haar"


def asked(
    paths: Sequence[Path], ask: Ask, cache: Path, watch: Watch = lambda paths: paths
) -> dict[Path, Proposal]:
    """What ``ask`` says of each picture; one that cannot be read is left out.

    cache: a file of JSON lines that is made, and continued by the next start.
    """
    known = _cached(cache)
    answers: dict[Path, Proposal] = {}
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        with cache.open("a", encoding="utf-8") as file:
            for path in watch(paths):
                try:
                    key = _key(path)
                    said = known[key] if key in known else ask(read_image(path))
                except (LocalizerError, FileNotFoundError):  # the page says so in its place
                    continue
                if key not in known:
                    known[key] = said
                    file.write(_line(key, said))
                answers[path] = known[key]
    except OSError as error:
        raise LocalizerError(
            f"{cache} cannot be written: {error.strerror}; labels lie beside pictures, so "
            f"{remedy(error, 'make their folder writable')}"
        ) from error
    return answers


def _key(path: Path) -> str:
    found = path.stat()
    return f"{path.name} {found.st_size} {found.st_mtime_ns}"


def _line(key: str, one: Proposal) -> str:
    content = [key, one.presence, told(one.found), told(one.withheld)]
    return json.dumps(content, ensure_ascii=False) + "\n"


def _cached(cache: Path) -> dict[str, Proposal]:
    found: dict[str, Proposal] = {}
    if cache.exists():
        for line in cache.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                key, presence, one, other = json.loads(line)
                found[str(key)] = Proposal(float(presence), heard(one), heard(other))
            except (ValueError, TypeError, KeyError):  # a line that was cut short
                continue
    return found
