"""The self-test at the start: does this device answer as the workstation did?"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from edge.bundle import read_bundle
from edge.errors import LocalizerError
from edge.golden.answers import wrong_answers
from edge.golden.examples import Golden, read_golden
from edge.golden.pixels import wrong_pixels
from edge.golden.seen import Seen, Viewed, misfits, tell
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
    golden = read_golden(read_bundle(path))
    if golden is None:
        return (
            f"golden: {path} carries no examples, so nothing shows that it answers here as it did "
            "on the workstation"
        )
    check(golden, localizer, str(path))
    count = len(golden.examples)
    return (
        f"golden: {count} of {count} examples answered as on the workstation "
        f"({now() - start:.2f} s)"
    )


def check(golden: Golden, localizer: Localizer, where: str) -> None:
    """Raise LocalizerError where ``localizer`` does not answer all examples as they say."""
    shown = [*golden.examples, golden.chart]
    viewed = [Viewed(one, localizer.prepare(one.picture)) for one in shown]
    wrong = [one.shown.name for one in viewed if not one.well]
    if wrong:
        size = localizer.card.height, localizer.card.width
        raise LocalizerError(
            f"{where} is not given the pixels that it was given on the workstation "
            f"({len(wrong)} of {len(viewed)} golden pictures, the first {wrong[0]}): "
            f"{wrong_pixels(viewed, size)}; install here the edge-localizer and OpenCV that "
            "converted it"
        )
    seen = [Seen(one, view.pixels) for one, view in zip(golden.examples, viewed, strict=False)]
    told = [tell(one.pixels, localizer) for one in seen]
    wrong = misfits(seen, told)
    if wrong:
        raise LocalizerError(
            f"{where} does not answer as it did on the workstation "
            f"({len(wrong)} of {len(seen)} golden examples, the first {wrong[0]}): "
            f"{wrong_answers(seen, told, localizer)}; "
            "use another runtime or delegate, or convert the model again"
        )
