"""The options of ``edge-run`` that say how a source is to be read. Light: ``--help`` imports it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeAlias, TypeVar, cast

import click

from edge.errors import Refused

Auto: TypeAlias = Literal["auto"]
_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How a source is to be read; what is None is left to the source."""

    size: tuple[int, int] | None = None
    """Width and height in pixels to ask a camera for, both even."""
    fps: float | None = None
    """Frames per second that are passed on at most."""
    rotate: int = 0
    """Degrees clockwise: 0, 90, 180 or 270."""
    flip: bool = False
    """Whether left and right change sides, after the turn."""
    crop: tuple[float, float, float, float] | None = None
    """Left, top, right and bottom of the part that is looked at, as fractions of the turned and
    flipped picture."""
    exposure: float | Auto | None = None
    """Milliseconds."""
    focus: float | Auto | None = None
    """Dioptres of a Pi camera (0 is infinity, 2 half a metre); a USB driver's own number."""
    real_time: bool = False
    """Whether a video file is played at its own speed."""
    wait_for_camera: bool = False
    """Whether a camera that is not there at the start is waited for."""

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> SourceOptions:
        """Those of a command's options that are a source's; they are removed from ``options``."""
        return cls(**{field.name: options.pop(field.name) for field in fields(cls)})

    def refuse_all_but(self, taken: Collection[str], source: str) -> None:
        """Raise Refused for an option that was given and that ``source`` does not take.

        taken: names of fields. The view (rotate, flip, crop) is taken by every source.
        source: what it is, such as "a video file".
        """
        good = [field.name for field in fields(self) if field.name in (*taken, *_VIEW)]
        for field in fields(self):
            if field.name not in good and getattr(self, field.name) != field.default:
                raise Refused(
                    f"{_dashed(field.name)} cannot be given with {source}, which takes "
                    f"{', '.join(map(_dashed, good))}; leave it out"
                )


_VIEW = ("rotate", "flip", "crop")


def _dashed(name: str) -> str:
    return "--" + name.replace("_", "-")


def _size(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    if min(width, height) < 16 or max(width, height) > 8192 or width % 2 or height % 2:
        raise click.BadParameter(
            "a size is WIDTHxHEIGHT, both even and from 16 to 8192, such as 640x480. "
            f"Received: {text}"
        )
    return width, height


def _crop(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        left, top, right, bottom = (float(edge) for edge in text.split(","))
    except ValueError:
        left = top = right = bottom = 0.0
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):  # true for NaN too
        raise click.BadParameter(
            "a crop is LEFT,TOP,RIGHT,BOTTOM as fractions of the picture from 0 to 1, such as "
            f"0.25,0,0.75,1 for its middle half. Received: {text}"
        )
    return left, top, right, bottom


def _rate(context: click.Context, parameter: click.Parameter, text: str | None) -> float | None:
    if text is None:
        return None
    rate = _number(text)
    if not 0.01 <= rate <= 240:
        raise click.BadParameter(
            f"a rate is a number of frames a second from 0.01 to 240. Received: {text}"
        )
    return rate


def _exposure(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> float | Auto | None:
    if text is None or text == "auto":
        return cast(Auto | None, text)
    exposure = _number(text)
    if not 0.01 <= exposure <= 1_000_000:
        raise click.BadParameter(
            f"an exposure is auto, or milliseconds from 0.01 on. Received: {text}"
        )
    return exposure


def _focus(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> float | Auto | None:
    if text is None or text == "auto":
        return cast(Auto | None, text)
    focus = _number(text)
    if not 0 <= focus <= 1_000_000:
        raise click.BadParameter(
            "a focus is auto, or on a Pi camera 1 / metres (0 is infinity), or a USB driver's own "
            f"number, from 0 on. Received: {text}"
        )
    return focus


def _number(text: str) -> float:
    """NaN, which is in no range, for what is none."""
    try:
        return float(text)
    except ValueError:
        return float("nan")


def source_options(command: _Command) -> _Command:
    """Give ``command`` the options that ``SourceOptions.taken_from`` takes out again."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option(
        "--size", callback=_size, metavar="WxH", help="Pixels to ask a camera for.  [640x480]"
    ),
    click.option(
        "--fps",
        callback=_rate,
        metavar="N",
        help="Look at N frames a second at most, always the newest; five keep a Pi cool.",
    ),
    click.option(
        "--rotate",
        type=click.Choice(["0", "90", "180", "270"]),
        default="0",
        callback=lambda _context, _parameter, value: int(value),
        help="Turn the picture clockwise by so many degrees.",
    ),
    click.option("--flip/--no-flip", help="Swap left and right, after the turn."),
    click.option(
        "--crop",
        callback=_crop,
        metavar="L,T,R,B",
        help="Look at a part: left, top, right, bottom, as fractions of the turned picture.",
    ),
    click.option(
        "--exposure",
        callback=_exposure,
        metavar="[auto|MS]",
        help="Exposure of a Pi or USB camera in milliseconds.",
    ),
    click.option(
        "--focus",
        callback=_focus,
        metavar="[auto|N]",
        help="Focus: on a Pi 1 / metres (0 is infinity), on USB the driver's own number.",
    ),
    click.option(
        "--real-time/--no-real-time", help="Play a video at its own speed, as if it were live."
    ),
    click.option(
        "--wait-for-camera/--no-wait-for-camera",
        help="Wait for a camera that is not there yet, as a service should; else that is an "
        "error. One that is lost later is always waited for.",
    ),
)
