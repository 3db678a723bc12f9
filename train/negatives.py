"""A folder of pictures that do not show the object."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from rich.console import Console

from edge.errors import LocalizerError
from edge.image import SUFFIXES, read_image
from train.example import Example, Fault
from train.progress import Progress, say
from train.readers.pictures import Pictures, passed_by, unnameable
from train.run_folder import digest
from train.settings import Settings
from train.split import Split, dealt, held_out_of


def read_negatives(
    folder: Path, watch: Callable[[Iterable[Path]], Iterable[Path]] = lambda paths: paths
) -> tuple[list[Example], list[Fault]]:
    """The pictures in it and its folders, without an object, and the files that cannot be read.

    Raises LocalizerError where there is no folder, or no readable picture in it.
    """
    if not folder.is_dir():
        raise LocalizerError(f"{folder} is not a folder; name one of pictures without the object")
    examples, refused = [], passed_by(folder)
    for path in watch(Pictures.below(folder).paths):
        if (rule := unnameable(path)) is not None:
            refused.append(Fault(path, rule))
            continue
        try:
            read_image(path)
        except LocalizerError as error:
            refused.append(Fault(path, str(error).removeprefix(f"{path} ")))
        else:
            examples.append(Example(path, None, None))
    if not examples:
        raise LocalizerError(
            f"{folder} holds no picture that can be read ({', '.join(SUFFIXES)}); "
            "add some, or leave --negatives out"
        )
    return examples, refused


def with_negatives(lists: Split, settings: Settings, progress: Progress, console: Console) -> Split:
    """``lists`` with the pictures of ``settings.negatives`` dealt out; says what came.

    Raises LocalizerError where the data show an object in all of them.
    """
    folder = settings.negatives
    if folder is None:
        return lists
    found, refused = read_negatives(folder, progress.over("negatives"))
    labelled = {
        digest(example.path)
        for example in (*lists.train, *lists.validation, *lists.held_out)
        if not example.empty
    }
    empty = [example for example in found if digest(example.path) not in labelled]
    if not empty:
        raise LocalizerError(
            f"--negatives {folder} holds no picture but such as the data show an object in; name a "
            "folder of pictures without the object, or leave --negatives out"
        )
    kept = {example.path for example in empty}
    rule = "shows an object by its label among the data; label it anew, or take it out of here"
    refused += [Fault(example.path, rule) for example in found if example.path not in kept]
    for fault in refused:
        say(console, f"refused {fault}")
    say(console, f"{folder}: {len(empty)} pictures without the object")
    held_out = held_out_of(settings.held_out)
    share = held_out if isinstance(held_out, float) else 0.2
    return dealt(empty, lists, share, settings.validation, settings.seed)
