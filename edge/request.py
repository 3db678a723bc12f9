"""All that ``edge-run`` was asked for, and its options. Light: ``--help`` imports it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from edge.numbers import Finite, Whole
from edge.outputs import Outputs, output_options
from edge.paths import Place
from edge.source_options import SourceOptions, source_options

_FILE = Place()
_Command = TypeVar("_Command", bound=Callable[..., Any])
_INPUTS = ("camera", "video", "images")


@dataclass(frozen=True, slots=True)
class Request:
    """The options as they were given; each field is named as its option."""

    source: SourceOptions
    """How the input is read."""
    outputs: Outputs
    """What becomes of the answers."""
    camera: str | None = None
    """auto, a number, a node, a URL or fake:SCENE."""
    video: Path | None = None
    """A file, each of whose frames is answered."""
    images: Path | None = None
    """A folder of unrelated pictures."""
    model: Path | None = None
    """The model file; None is where ``find_model`` finds it."""
    threads: int | None = None
    """CPU threads of one inference; None measures which number is best."""
    delegate: str | None = None
    """edgetpu, or the path of an accelerator's library."""
    threshold: float | None = None
    """The presence, 0 to 1, under which a box is withheld; None is the model's own."""
    closer: bool = False
    """Whether what was found is looked at again from nearer."""
    max_frames: int | None = None
    """Frames after which the run ends."""

    @classmethod
    def taken(cls, options: Mapping[str, Any]) -> Request:
        """The request that a command's ``options`` are, by the names of their parameters."""
        rest = dict(options)
        return cls(SourceOptions.taken_from(rest), Outputs.taken(rest), **rest)

    def inputs(self) -> list[str]:
        """The options that name an input."""
        return [f"--{name}" for name in _INPUTS if getattr(self, name) is not None]

    def checked(self) -> Request:
        """Itself; raises click.UsageError for options that do not go together."""
        if len(self.inputs()) != 1:
            raise click.UsageError(
                "edge-run takes exactly one of --camera, --video FILE and --images DIR. "
                f"Received: {' and '.join(self.inputs()) or 'none'}"
            )
        self.follows()
        return self

    def follows(self) -> bool:
        """Whether the object is followed from frame to frame."""
        return self.outputs.follows(unrelated=self.images is not None)


def merged(
    defaults: Mapping[str, Any], settings: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """All options, by the names of their parameters: what was ``given`` wins over ``settings``.

    settings: of a configuration file; the input it names yields to any that was given.
    """
    if any(name in given for name in _INPUTS):
        settings = {name: value for name, value in settings.items() if name not in _INPUTS}
    return {**defaults, **settings, **given}


_INPUT_OPTIONS = (
    click.option(
        "--camera",
        is_flag=False,
        flag_value="auto",
        metavar="[auto|N|/dev/…|URL|fake:SCENE]",
        help="A live camera; auto, also without a value, takes the first that is there. "
        "URLs are rtsp and http; fake:shapes needs no camera.",
    ),
    click.option("--video", type=_FILE, metavar="FILE", help="Every frame of a video file."),
    click.option("--images", type=_FILE, metavar="DIR", help="Every picture in a folder, by name."),
    click.option(
        "--model",
        type=_FILE,
        metavar="FILE",
        help="The model; else $EDGE_MODEL, ./model.tflite, /var/lib/edge-run/model.tflite.",
    ),
)
_RUN_OPTIONS = (
    click.option(
        "--threads",
        type=Whole(1, 64),
        help="CPU threads of the model.  [default: the best]",
    ),
    click.option(
        "--delegate",
        metavar="edgetpu|PATH",
        help="Infer on an accelerator, and on the CPU while that is away.",
    ),
    click.option(
        "--threshold",
        type=Finite(0, 1),
        metavar="N",
        help="Presence, 0 to 1, from which a box is told.  [default: the model's]",
    ),
    click.option(
        "--closer",
        is_flag=True,
        help="Look a second time, at the part around the box: a better box, above all of small "
        "things, for two inferences a frame.",
    ),
    click.option("--max-frames", type=Whole(min=1), metavar="N", help="Stop after N frames."),
)


def request_options(command: _Command) -> _Command:
    """``command`` with all options that ``Request.taken`` takes."""
    command = source_options(command)
    for option in reversed(_RUN_OPTIONS):
        command = option(command)
    command = output_options(command)
    for option in reversed(_INPUT_OPTIONS):
        command = option(command)
    return command
