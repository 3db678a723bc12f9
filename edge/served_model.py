"""A model in service: proved by its golden examples, and its file looked at for a change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from edge.golden.replay import replay_golden
from edge.localizer import Localizer, load_localizer
from edge.model_file import find_model
from edge.request import Request
from edge.runtime import Network

Stamp: TypeAlias = tuple[tuple[int, ...] | None, ...]
"""What tells one version of the model's files from another; None of a file that is not there."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A localizer with all that keeps it in service."""

    localizer: Localizer
    asked: tuple[object, ...]
    """What was asked for: with the same, and the same stamp, it need not be loaded again."""
    files: Sequence[Path]
    """Those that a new version replaces: links are not followed before they are looked at."""
    stamp: Stamp
    """Of the files, before they were read."""
    threads: int | None
    """CPU threads of one inference, where the CPU answers."""
    close: Callable[[], None]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pixels it wants."""
        return self.localizer.card.width, self.localizer.card.height


def asked(request: Request) -> tuple[object, ...]:
    """What a request says of the model."""
    return request.model, request.threads, request.delegate


def serve(request: Request, say: Callable[[str], None], threads: int | None = None) -> ServedModel:
    """The model that was asked for, proved on what will serve it; the caller closes it.

    threads: instead of a measurement, which would be wrong while another model is at work.
    Raises LocalizerError where there is none, or where its golden examples are answered wrong.
    """
    path, why = find_model(request.model)
    wanted = request.threads or threads
    with ExitStack() as stack:
        if request.delegate is None:
            files = [path]
            stamp = stamped(files)
            localizer, runtime = load_localizer(path, wanted)
        else:
            from edge.accelerator import load_accelerated, twins

            files = list(dict.fromkeys(twins(path, request.delegate)))
            stamp = stamped(files)
            localizer, accelerated, runtime = load_accelerated(path, request.delegate, wanted, say)
            stack.enter_context(accelerated)
        say(f"model: {path} ({why}), {runtime}")
        say(replay_golden(path, localizer))
        network = localizer.infer
        return ServedModel(
            localizer,
            asked(request),
            files,
            stamp,
            network.threads if isinstance(network, Network) else None,
            stack.pop_all().close,
        )


def stamped(files: Sequence[Path]) -> Stamp:
    """The files' stamp now: a few system calls, nothing is read."""
    return tuple(map(_stamp, files))


def _stamp(path: Path) -> tuple[int, ...] | None:
    try:
        told = path.stat()  # of what a link leads to
    except OSError:
        return None
    return told.st_dev, told.st_ino, told.st_mtime_ns, told.st_size
