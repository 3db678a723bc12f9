"""Further pictures that only train: what is measured stays the same, so figures can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from edge.errors import LocalizerError
from train.example import Example, Fault
from train.progress import Progress, say
from train.readers.data import Watch, dataset_of, read_collection
from train.readers.settle import Objects
from train.run_folder import digest
from train.settings import Settings
from train.split import Split


@dataclass(frozen=True, slots=True)
class Further:
    """What folders beside the data have to teach."""

    examples: Sequence[Example]
    refused: Sequence[Fault]
    """Files that were left out, but for pictures that nobody has labelled."""
    unlabelled: int
    """Pictures that nobody has labelled."""
    known: int
    """Pictures that are in the data already, byte for byte."""


def read_also(
    folders: Sequence[Path],
    lists: Split,
    objects: Objects = "largest",
    watch: Watch = lambda items: items,
) -> Further:
    """The labelled pictures of ``folders`` that are in none of the ``lists``.

    objects: which of several objects counts. Raises LocalizerError where a folder has none that can
    be used.
    """
    everything = [*lists.train, *lists.validation, *lists.held_out]
    seen = {digest(example.path) for example in everything} if folders else set()
    examples: list[Example] = []
    refused: list[Fault] = []
    known = 0
    for folder in folders:
        try:
            found = dataset_of(read_collection(folder, None, watch), objects)
        except LocalizerError as error:
            raise LocalizerError(f"--also {folder}: {error}") from error
        refused += found.refused
        for example in found.examples:
            content = digest(example.path)
            known += content in seen
            examples += [example] if content not in seen else []
            seen.add(content)
    open_ones = [fault for fault in refused if fault.kind == "unannotated"]
    faults = [fault for fault in refused if fault.kind != "unannotated"]
    return Further(examples, faults, len(open_ones), known)


def with_further(lists: Split, settings: Settings, progress: Progress, console: Console) -> Split:
    """``lists`` with the pictures of ``settings.also`` among those that train; says what came."""
    if not settings.also:
        return lists
    further = read_also(settings.also, lists, settings.objects, progress.over("also"))
    for fault in further.refused:
        say(console, f"refused {fault}")
    told = f"{len(further.examples)} pictures more to train on"
    told += f", {further.unlabelled} without a label left out" if further.unlabelled else ""
    told += f", {further.known} known already" if further.known else ""
    say(console, told)
    return replace(lists, train=[*lists.train, *further.examples])
