"""The self-test at the start: does this device answer as the workstation did?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.bundle import read_bundle
from edge.errors import LocalizerError
from edge.golden.answers import wrong_answers
from edge.golden.examples import GoldenExample, read_golden
from edge.golden.pixels import wrong_pixels
from edge.golden.seen import Seen, misfits, tell
from edge.localizer import Localizer


def replay_golden(
    path: Path, localizer: Localizer, now: Callable[[], float] = time.perf_counter
) -> str:
    """Answer the golden examples of the model file ``path``; gives the sentence that tells of it.

    localizer: as it will serve, with its runtime and delegate.
    Raises LocalizerError where an example is not prepared or answered as on the workstation; it
    names what that looks like.
    """
    start = now()
    examples = read_golden(read_bundle(path))
    if not examples:
        return (
            f"golden: {path} carries no examples, so nothing shows that it answers here as it did "
            "on the workstation"
        )
    check(examples, localizer, str(path))
    return (
        f"golden: {len(examples)} of {len(examples)} examples answered as on the workstation "
        f"({now() - start:.2f} s)"
    )


def check(examples: Sequence[GoldenExample], localizer: Localizer, where: str) -> None:
    """Raise LocalizerError where ``localizer`` does not answer all ``examples`` as they say."""
    seen = [Seen(example, localizer.prepare(example.picture)) for example in examples]
    wrong = [one.example.name for one in seen if not one.well]
    if wrong:
        size = localizer.card.height, localizer.card.width
        raise LocalizerError(
            f"{where} is not given the pixels that it was given on the workstation "
            f"({_counted(wrong, len(seen))}): {wrong_pixels(seen, size)}; "
            "install here the edge-localizer and OpenCV that converted it"
        )
    told = [tell(one.pixels, localizer) for one in seen]
    wrong = misfits(seen, told)
    if wrong:
        raise LocalizerError(
            f"{where} does not answer as it did on the workstation "
            f"({_counted(wrong, len(seen))}): {wrong_answers(seen, told, localizer)}; "
            "use another runtime or delegate, or convert the model again"
        )


def _counted(wrong: Sequence[str], total: int) -> str:
    return f"{len(wrong)} of {total} golden examples, the first {wrong[0]}"
