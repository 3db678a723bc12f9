"""A closer look: the part of a picture around a box is asked again, with all the network's pixels.

Small objects gain most: what covered a few of the network's cells then covers most of them.
"""

from __future__ import annotations

from dataclasses import replace

from edge.box import Box
from edge.image import Image
from edge.observation import STAY_SHARE, Answer, Localization

WHOLE = Box(0.0, 0.0, 1.0, 1.0)
_ROOM = 1.7  # of a box's sides; from 1.5 to 2.0 validation pictures gained alike, at 1.3 less
_LEAST = 0.1  # of a picture's sides: beyond that there is nothing to see but single pixels
_WEIGHT = 2 / 3  # of the closer look; either look alone was worse


def part_around(box: Box, image: Image) -> Box:
    """The part of ``image`` to look at again: ``box`` in its middle, moved into the picture.

    In fractions of the picture whose edges lie between pixels; never empty, and WHOLE where there
    is nothing to come closer to.
    """
    height, width = image.shape[:2]
    left, right = _span(box.left, box.right, width)
    top, bottom = _span(box.top, box.bottom, height)
    return Box(left, top, right, bottom)


def _span(low: float, high: float, pixels: int) -> tuple[float, float]:
    side = min(max(_ROOM * (high - low), _LEAST), 1.0)
    start = min(max((low + high - side) / 2, 0.0), 1.0 - side)
    first = min(int(start * pixels), pixels - 1)
    return first / pixels, max(round((start + side) * pixels), first + 1) / pixels


def pixels_of(part: Box, image: Image) -> Image:
    """The pixels of ``image`` in ``part``, not copied."""
    height, width = image.shape[:2]
    left, top, right, bottom = part.in_pixels(width, height)
    return image[top:bottom, left:right]


def worth_a_look(answer: Answer, threshold: float) -> Localization | None:
    """What was found, or so nearly that it may be an object that was there a frame ago.

    Both, because a box that is followed would tremble if only some of its frames were looked at
    closer.
    """
    if answer.found is None and answer.presence < STAY_SHARE * threshold:
        return None
    return answer.found or answer.withheld


def settled(first: Answer, closer: Answer, part: Box, threshold: float) -> Answer:
    """What both looks say together: a box between theirs, nearer to the closer one's.

    closer: its box in fractions of ``part``. All else stays that of the whole picture, which shows
    more of what is around; so does the box where the closer look finds nothing.
    """
    one, two = worth_a_look(first, threshold), worth_a_look(closer, threshold)
    if one is None or two is None:
        return first
    pairs = zip(one.box.edges, two.box.of(part).edges, strict=True)
    located = replace(one, box=Box.spanned(low + _WEIGHT * (high - low) for low, high in pairs))
    if first.found is None:
        return replace(first, withheld=located)
    return replace(first, found=located)
