"""What is doubtful in a set of pictures, one rule after the other."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path

import numpy as np

from edge.box import Box
from train.checks.duplicates import equal_groups, near_groups
from train.example import Fault, printable
from train.readers.annotation import Annotation, Listed
from train.readers.data import Collection, Watch
from train.readers.settle import Annotated, in_order, settled

KINDS: Mapping[str, str] = {
    "across the split": "the same picture trains and measures",
    "corrupt": "pictures that cannot be read",
    "unreadable": "annotations that cannot be read",
    "outside": "boxes outside their picture",
    "inverted": "boxes that are inverted or empty",
    "size": "annotations of a picture of another size",
    "no picture": "annotations without their picture",
    "unannotated": "pictures that nobody annotated",
    "unnamed": "objects without a class that can be used",
    "twin": "pictures that share an annotation",
    "twice": "pictures that are annotated twice",
    "unusable": "annotations of another sort",
    "label twins": "classes that may be one class",
    "duplicate": "pictures that are there twice, byte for byte",
    "near duplicate": "pictures that look the same",
    "turned": "pictures that EXIF turns",
    "tiny": "boxes too small for the network",
    "whole picture": "boxes as large as the picture",
    "doubled": "objects that are drawn twice",
}
"""All kinds of findings with what they mean, the gravest first."""
TINY = 0.02
"""The share of a picture's side under which a box is tiny: four pixels of the network's input."""
WHOLE = 0.97
"""The share of both sides from which on a box is the whole picture."""
_ALIKE = 0.85  # of two names' letters


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that deserves a look."""

    kind: str
    """One of KINDS."""
    rule: str
    """What is wrong and what to do."""
    paths: tuple[Path, ...]
    """The files that it is about; of a group of pictures all."""
    line: int | None = None
    box: Box | None = None
    """The box that it is about."""

    def __str__(self) -> str:
        place = f":{self.line}" if self.line is not None else ""
        return printable(f"{self.paths[0]}{place}: {self.rule}" if self.paths else self.rule)


def findings(
    found: Collection,
    lists: Mapping[Path, str],
    watch: Watch = lambda items: items,
    others: Sequence[Annotated | Fault] = (),
) -> list[Finding]:
    """Everything doubtful in ``found``, the gravest kinds first.

    lists: which list of a training each picture would be in, by its path.
    others: the pictures that were refused, as ``looked_at`` gives them.
    """
    seen = [other for other in others if isinstance(other, Annotated)]
    broken = [other for other in others if isinstance(other, Fault)]
    everything = [
        *map(_of_fault, [*found.refused, *broken]),
        *repeated([*found.pictures, *seen], lists, watch),
        *label_twins(found.pictures),
    ]
    for picture in [*found.pictures, *seen]:
        everything += doubts(picture)
    order = list(KINDS)
    return sorted(everything, key=lambda one: order.index(one.kind))


def looked_at(found: Collection, watch: Watch = lambda items: items) -> list[Annotated | Fault]:
    """The pictures that were refused for their annotation, and why some cannot be decoded."""
    faults = [fault for fault in found.refused if fault.kind != "corrupt"]
    paths = list(dict.fromkeys(fault.picture for fault in faults if fault.picture is not None))
    nothing = Annotation([], "pixels")
    return list(in_order(settled, [Listed(path, path, lambda: nothing) for path in paths], watch))


def _of_fault(fault: Fault) -> Finding:
    paths = (fault.path,) if fault.picture in (None, fault.path) else (fault.path, fault.picture)
    kind = fault.kind if fault.kind in KINDS else "unusable"
    return Finding(kind, fault.rule, tuple(p for p in paths if p is not None), fault.line)


def doubts(picture: Annotated) -> list[Finding]:
    """What is doubtful in one picture."""
    found = []
    if picture.look.turned:
        found.append(
            Finding(
                "turned",
                "is turned by its EXIF tag, which some tools ignore; turn its pixels instead",
                (picture.path,),
            )
        )
    for thing, count in Counter(picture.things).items():
        box = thing.box
        if count > 1:
            rule = f"has {thing.label} {count} times in one place; keep one"
            found.append(Finding("doubled", rule, (picture.path,), picture.line, box))
        if box is None:
            continue
        if min(box.width, box.height) < TINY:
            side = f"{box.width * picture.look.width:.0f}x{box.height * picture.look.height:.0f}"
            rule = f"has {thing.label} in {side} of {picture.look.width}x{picture.look.height} " \
                   "pixels; draw it again, or leave it out"  # fmt: skip
            found.append(Finding("tiny", rule, (picture.path,), picture.line, box))
        elif min(box.width, box.height) >= WHOLE:
            rule = f"has {thing.label} all over the picture; draw its box closer, or leave it out"
            found.append(Finding("whole picture", rule, (picture.path,), picture.line, box))
    return found


def repeated(
    pictures: Sequence[Annotated], lists: Mapping[Path, str], watch: Watch = lambda items: items
) -> list[Finding]:
    """Pictures that are there more than once; across the lists of a training above all."""
    equal = equal_groups([picture.look.digest for picture in pictures])
    thumbnails = [picture.look.thumbnail for picture in pictures]
    near = near_groups(np.stack(thumbnails), watch) if thumbnails else []
    same = {frozenset(group) for group in equal}
    found = [_repetition("duplicate", group, pictures, lists) for group in equal]
    for group in near:
        if frozenset(group) not in same:
            found.append(_repetition("near duplicate", group, pictures, lists))
    # a group of near duplicates may hold one of equals: said once where it crosses the split
    crossing = {path for one in found if one.kind == "across the split" for path in one.paths}
    return [
        one for one in found if one.kind == "across the split" or not crossing.issuperset(one.paths)
    ]


def _repetition(
    kind: str, group: Sequence[int], pictures: Sequence[Annotated], lists: Mapping[Path, str]
) -> Finding:
    paths = tuple(pictures[at].path for at in group)
    by_list: defaultdict[str, list[Path]] = defaultdict(list)
    for path in paths:
        if path in lists:
            by_list[lists[path]].append(path)
    like = "the same file as" if kind == "duplicate" else "nearly the same picture as"
    more = f" and {len(paths) - 2} more" if len(paths) > 2 else ""
    if len(by_list) > 1:
        told = ", ".join(f"{some[0].name} in {name}" for name, some in sorted(by_list.items()))
        # the first two are those that a sheet shows
        ends = tuple(some[0] for _, some in sorted(by_list.items()))
        rule = f"is {like} {ends[1].name}{more} ({told}); keep them in one list, or keep one"
        rest = tuple(path for path in paths if path not in ends)
        return Finding("across the split", rule, (*ends, *rest))
    return Finding(kind, f"is {like} {paths[1].name}{more}; keep one", paths)


def label_twins(pictures: Iterable[Annotated]) -> list[Finding]:
    """Classes whose names differ so little that they may be one."""
    first: dict[str, Path] = {}
    counts: Counter[str] = Counter()
    for picture in pictures:
        for thing in picture.things:
            first.setdefault(thing.label, picture.path)
            counts[thing.label] += 1
    return [
        Finding(
            "label twins",
            f"{one!r} ({counts[one]}) and {other!r} ({counts[other]}) may be one class; rename "
            "the rarer one",
            (first[min(one, other, key=lambda name: counts[name])],),
        )
        for one, other in combinations(sorted(first), 2)
        if _may_be_one(one, other)
    ]


def _may_be_one(one: str, other: str) -> bool:
    a, b = (re.sub(r"[\W_]+", "", name.casefold()) for name in (one, other))
    if b in (a, f"{a}s") or a == f"{b}s":
        return True
    # digits tell classes apart on purpose: type1, type2
    if re.sub(r"\D", "", a) != re.sub(r"\D", "", b) or min(len(a), len(b)) < 5:
        return False
    return SequenceMatcher(None, a, b).ratio() >= _ALIKE
