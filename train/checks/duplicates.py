"""Pictures that are there twice, byte for byte or nearly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

_BITS = 8  # a hash has its square
_APART = 10  # bits of 64 in which the hashes of near duplicates may differ
_LIKE = 0.95  # correlation of their thumbnails, whatever the light
_FLAT = 4.0  # grey levels; a fainter pattern is noise
_BLOCK = 128  # rows that are compared at a time


def equal_groups(digests: Sequence[bytes]) -> list[list[int]]:
    """The numbers of files that are byte for byte the same, in groups of two and more."""
    found: defaultdict[bytes, list[int]] = defaultdict(list)
    for at, digest in enumerate(digests):
        found[digest].append(at)
    return [group for group in found.values() if len(group) > 1]


def near_groups(
    thumbnails: npt.NDArray[np.uint8],
    watch: Callable[[Iterable[int]], Iterable[int]] = lambda items: items,
) -> list[list[int]]:
    """The numbers of pictures that look the same, in groups of two and more.

    thumbnails: grey, shape (pictures, side, side). Two pictures look the same where their
    perceptual hashes (signs of the low frequencies) differ in few bits and the thumbnails follow
    each other: saved again, made smaller, made brighter, cut a little.
    """
    if not len(thumbnails):
        return []
    bits = hashes(thumbnails)
    # of pictures with one hash the first stands for all that look like it
    chief = np.arange(len(bits))
    _, index, inverse = np.unique(bits, axis=0, return_index=True, return_inverse=True)
    first = index[inverse.reshape(-1)]
    same = _alike(thumbnails, first, np.arange(len(bits)))
    chief[same] = first[same]
    _join(chief, bits, thumbnails, watch)
    heads = _heads(chief)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for at in range(len(chief)):
        groups[int(heads[at])].append(at)
    return [group for group in groups.values() if len(group) > 1]


def hashes(thumbnails: npt.NDArray[np.uint8]) -> npt.NDArray[np.int8]:
    """The perceptual hash of each thumbnail as 1 and -1, shape (pictures, 64)."""
    side = thumbnails.shape[1]
    waves = np.cos(np.pi / side * np.outer(np.arange(_BITS + 1), np.arange(side) + 0.5))
    found = np.empty((len(thumbnails), _BITS * _BITS), np.int8)
    for at in range(0, len(thumbnails), 4096):
        grey = thumbnails[at : at + 4096].astype(np.float32)
        low = waves @ grey @ waves.T
        # the sums over rows and columns tell gradients; the sum of all tells the light only
        part = low[:, :_BITS, :_BITS].reshape(len(grey), -1)
        part[:, 0] = low[:, _BITS, _BITS]
        middle = np.median(part, axis=1, keepdims=True)
        found[at : at + 4096] = np.where(part > middle, 1, -1)
    return found


def _alike(
    thumbnails: npt.NDArray[np.uint8], ones: npt.NDArray[np.intp], others: npt.NDArray[np.intp]
) -> npt.NDArray[np.bool_]:
    """Whether the pairs of thumbnails follow each other, whatever their light."""
    found, side = np.empty(len(ones), bool), thumbnails[0].size
    for at in range(0, len(ones), 4096):
        a, b = (
            thumbnails[some[at : at + 4096]].reshape(-1, side).astype(np.float32)
            for some in (ones, others)
        )
        a -= a.mean(axis=1, keepdims=True)
        b -= b.mean(axis=1, keepdims=True)
        power_a, power_b = (a * a).mean(axis=1), (b * b).mean(axis=1)
        both = (a * b).mean(axis=1)
        flat = np.maximum(power_a, power_b) < _FLAT**2
        contrast = np.sqrt(np.maximum(power_a, 1e-9) * np.maximum(power_b, 1e-9))
        # the same pattern, and about as strong
        like = (both >= _LIKE * contrast) & (np.minimum(power_a, power_b) > 0.25 * contrast)
        found[at : at + 4096] = np.where(flat, True, like)
    return found


def _join(
    chief: npt.NDArray[np.intp],
    bits: npt.NDArray[np.int8],
    thumbnails: npt.NDArray[np.uint8],
    watch: Callable[[Iterable[int]], Iterable[int]],
) -> None:
    """Lead those that look the same to one chief, in place."""
    chiefs = np.flatnonzero(chief == np.arange(len(chief)))
    signs = bits[chiefs].astype(np.float32)
    least = signs.shape[1] - 2 * _APART
    for at in watch(range(0, len(chiefs), _BLOCK)):
        heads = _heads(chief)[chiefs[at:]]
        close = signs[at : at + _BLOCK] @ signs[at:].T >= least
        # frames of one film are joined by the first of them: none needs the others then
        close &= heads[:_BLOCK, None] != heads[None]
        rows, columns = np.nonzero(close)
        later = columns > rows
        ones, others = chiefs[at + rows[later]], chiefs[at + columns[later]]
        good = _alike(thumbnails, ones, others)
        for one, other in zip(ones[good].tolist(), others[good].tolist(), strict=True):
            head, tail = _head(chief, one), _head(chief, other)
            chief[max(head, tail)] = min(head, tail)


def _heads(chief: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """The last chief of every picture."""
    heads = chief
    while not np.array_equal(above := heads[heads], heads):
        heads = above
    return heads


def _head(chief: npt.NDArray[np.intp], at: int) -> int:
    while chief[at] != at:
        chief[at] = chief[chief[at]]
        at = int(chief[at])
    return at
