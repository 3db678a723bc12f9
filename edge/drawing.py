"""Boxes and words drawn on pictures, legible on any background and at any size."""

from __future__ import annotations

import unicodedata

import cv2

from edge.box import Box
from edge.image import Image
from edge.observation import Answer

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

FOUND: Colour = (255, 208, 0)
"""What the model found."""
TRUTH: Colour = (0, 230, 118)
"""What a person drew."""
NOTE: Colour = (40, 40, 40)
"""The ground of what is said of the whole picture."""

_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_SMALLEST = 0.3  # of the font's own size; below it strokes run together
_LATIN = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O",
                        "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "–": "-", "—": "-",
                        "’": "'", "‘": "'", "“": '"', "”": '"', "…": "..."})  # fmt: skip


def drawn(image: Image, answer: Answer) -> Image:
    """A copy of ``image`` with the box, label and score that were found, if any."""
    copy = image.copy()
    if answer.found is not None:
        found = answer.found
        draw_box(copy, found.box, f"{found.label} {found.score:.2f}")
    return copy


def draw_box(image: Image, box: Box, text: str | None = None, colour: Colour = FOUND) -> None:
    """Draw ``box`` into ``image`` itself, with ``text`` above it or, lacking room, inside it.

    The line has a black rim and the text stands on a filled ground, so that both show anywhere.
    Text is never cut by the border: it is moved, made smaller, then shortened from its end, and in
    a picture of few rows left out. It is drawn as ``ascii_text`` gives it.
    """
    height, width = image.shape[:2]
    line = max(1, round(min(width, height) / 160))
    left, top, right, bottom = box.clipped().in_pixels(width - 1, height - 1)
    for thickness, ink in ((line + 2 * max(1, line // 2), _BLACK), (line, colour)):
        cv2.rectangle(image, (left, top), (right, bottom), ink, thickness)
    if text:
        _write(image, ascii_text(text), (left, top), colour, line)


def draw_note(image: Image, text: str) -> None:
    """Write ``text`` into the lower left corner of ``image`` itself, by the rules of draw_box."""
    _write(image, ascii_text(text), (0, image.shape[0]), NOTE, 0)


def ascii_text(text: str) -> str:
    """``text`` in the characters that OpenCV's font has.

    Accents are dropped and ligatures spelt out (``Žluťoučký`` gives ``Zlutoucky``); what has no
    Latin form is named by its code (``猫`` gives ``U+732B``), so that labels stay distinct.
    """
    letters = []
    for letter in unicodedata.normalize("NFKD", text.translate(_LATIN)):
        if " " <= letter <= "~":
            letters.append(letter)
        elif letter.isspace():
            letters.append(" ")
        elif not unicodedata.combining(letter):
            letters.append(f"U+{ord(letter):04X}")
    return "".join(letters)


def _write(image: Image, text: str, corner: tuple[int, int], colour: Colour, line: int) -> None:
    """Draw ``text`` in a filled field whose lower left is at the box's upper left ``corner``."""
    height, width = image.shape[:2]
    scale = max(_SMALLEST, min(width, height) / 640)
    room = width - 2, round(0.4 * height)  # more would hide the picture
    text, scale = _fitting(text, scale, room)
    if not text:
        return
    stroke = max(1, round(1.6 * scale))
    across, above, below = _extent(text, scale, stroke)
    pad = max(1, round(4 * scale))
    across, down = min(width, across + 2 * pad), min(height, above + below + 2 * pad)
    left, top = corner
    left = min(max(0, left - line), width - across)
    top = top - down if top >= down else min(top, height - down)
    cv2.rectangle(image, (left, top), (left + across - 1, top + down - 1), colour, cv2.FILLED)
    red, green, blue = colour
    ink = _BLACK if 0.299 * red + 0.587 * green + 0.114 * blue > 127 else _WHITE
    place = (left + (across - _extent(text, scale, stroke)[0]) // 2, top + down - pad - below)
    cv2.putText(image, text, place, _FONT, scale, ink, stroke, cv2.LINE_AA)


def _fitting(text: str, scale: float, room: tuple[int, int]) -> tuple[str, float]:
    """The text and font scale that fit into ``room`` pixels; no text where none does."""
    width, height = room
    while text:
        across, above, below = _extent(text, scale, max(1, round(1.6 * scale)))
        pads = 2 * max(1, round(4 * scale))
        if across + pads <= width and above + below + pads <= height:
            return text, scale
        if scale > _SMALLEST:
            scale = max(_SMALLEST, scale * 0.9)
        else:
            text = text[:-1].rstrip()
    return "", scale


def _extent(text: str, scale: float, stroke: int) -> tuple[int, int, int]:
    """Pixels across, above and below the base line."""
    (across, above), below = cv2.getTextSize(text, _FONT, scale, stroke)
    return across, above, below
