"""The command ``edge-run``: a camera, a video or pictures in; boxes out."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge.outputs import STDOUT, Outputs, output_options

if TYPE_CHECKING:  # OpenCV, numpy and LiteRT would hold up --help
    from collections.abc import Callable, Iterable

    from edge.observation import Frame
    from edge.sinks import Sink
    from edge.sources import Source
    from edge.stopping import Stopping

_FILE = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True)
class _Request:
    """The options as they were given."""

    camera: str | None
    video: Path | None
    images: Path | None
    model: Path | None
    threads: int | None
    max_frames: int | None
    outputs: Outputs

    def inputs(self) -> list[str]:
        """The options that name an input."""
        inputs = {"--camera": self.camera, "--video": self.video, "--images": self.images}
        return [name for name, value in inputs.items() if value is not None]


@dataclass(frozen=True, slots=True)
class _Input:
    """Where the frames come from, as the sinks need to know it."""

    frames: Source
    name: str
    live: bool
    rate: Callable[[], float]
    """Frames per second of a recording."""
    frame_name: Callable[[Frame], str]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--camera",
    is_flag=False,
    flag_value="auto",
    metavar="[auto|N|/dev/videoN]",
    help="A live camera; auto, also without a value, takes the first that is there.",
)
@click.option("--video", type=_FILE, metavar="FILE", help="Every frame of a video file.")
@click.option("--images", type=_FILE, metavar="DIR", help="Every picture in a folder, by name.")
@click.option(
    "--model",
    type=_FILE,
    metavar="FILE",
    help="The model; else $EDGE_MODEL, ./model.tflite, /var/lib/edge-run/model.tflite.",
)
@output_options
@click.option(
    "--threads", type=click.IntRange(min=1), help="CPU threads of the model.  [default: by CPU]"
)
@click.option("--max-frames", type=click.IntRange(min=1), metavar="N", help="Stop after N frames.")
@click.version_option(package_name="edge-localizer", prog_name="edge-run")
def main(**options: Any) -> None:
    """Find the object that a model was trained on, and say where it is.

    Takes exactly one of --camera, --video and --images. Ctrl-C ends it with all files closed.
    """
    outputs = Outputs.taken(options)
    request = _Request(**options, outputs=outputs)
    if len(request.inputs()) != 1:
        raise click.UsageError(
            "edge-run takes exactly one of --camera, --video FILE and --images DIR. "
            f"Received: {' and '.join(request.inputs()) or 'none'}"
        )
    outputs.follows(unrelated=request.images is not None)
    _quiet_libraries()
    from edge.errors import LocalizerError
    from edge.stopping import Stopping

    try:
        with Stopping() as stopping:  # before the slow imports, so that a signal finds it there
            _run(request, stopping)
    except LocalizerError as error:
        raise click.ClickException(str(error)) from error
    except BrokenPipeError:  # the reader has seen enough, as head has
        _drop_unread()


def _run(request: _Request, stopping: Stopping) -> None:
    from edge.golden.replay import replay_golden
    from edge.latest import Latest
    from edge.localizer import load_localizer
    from edge.loop import run
    from edge.model_file import find_model
    from edge.outputs import Run, film_time, opened
    from edge.sinks.aside import Hurry
    from edge.sinks.console import Changes, EachFrame, Status, Tally
    from edge.tracking import Track, Tracked

    def say(sentence: str) -> None:
        if status is None:
            click.echo(sentence, err=True)
        else:
            status.say(sentence)

    tally, status = Tally(), None
    with ExitStack() as stack:
        path, why = find_model(request.model)
        workers = request.threads or _spare_cores()
        localizer, runtime = load_localizer(path, workers)
        say(f"model: {path} ({why}), {runtime}, {_counted(workers, 'thread')}")
        say(replay_golden(path, localizer))
        source = _input(request, say)
        say(f"source: {source.name}")

        outputs, hurry = request.outputs, Hurry(lambda: stopping.stopped)
        sinks: list[Sink] = [tally]
        sinks += opened(outputs, Run(source.live, source.rate, say, hurry), stack)
        if (
            source.live
            and sys.stderr.isatty()
            and not (outputs.json_target == STDOUT and sys.stdout.isatty())
        ):
            status = Status(sys.stderr, tally)
            stack.callback(status.clear)
            sinks.append(status)
        if outputs.record is None and outputs.json_target is None:
            if request.images is not None:
                sinks.append(EachFrame(say, source.frame_name))
            else:
                sinks.append(Changes(say, source.frame_name, pause=1.0 if source.live else 0.0))

        if outputs.follows(unrelated=request.images is not None):
            threshold = localizer.card.presence_threshold
            track = Track(threshold) if source.live else Track(threshold, film_time(source.rate()))
            sinks = [Tracked(track, sinks)]

        if source.live:
            frames: Iterable[Frame] = stack.enter_context(Latest(source.frames))
        else:
            frames = stack.enter_context(closing(source.frames))
        run(islice(stopping.until_stopped(frames), request.max_frames), localizer, sinks)
    click.echo(str(tally), err=True)


def _input(request: _Request, say: Callable[[str], None]) -> _Input:
    """The one input that was asked for; its device or file is opened at the first frame."""
    import time

    from edge.sources import files

    if (folder := request.images) is not None:
        pictures = files.images(folder, say)
        return _Input(pictures, f"the pictures in {folder}", False, lambda: 10.0, _file_name)
    if (file := request.video) is not None:
        return _Input(
            files.video(file, say),
            str(file),
            live=False,
            rate=lambda: files.frame_rate(file),
            frame_name=lambda frame: f"frame {frame.index}",
        )
    from edge.sources.choose import choose

    camera = choose(request.camera or "auto")
    return _Input(
        camera.frames(),
        str(camera),
        live=True,
        rate=lambda: 30.0,
        frame_name=lambda _: time.strftime("%H:%M:%S"),
    )


def _file_name(frame: Frame) -> str:
    return Path(frame.path or "").name


def _spare_cores() -> int:
    """One to four threads, with a core left for the camera and the sinks."""
    return min(4, max(1, len(os.sched_getaffinity(0)) - 1))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _quiet_libraries() -> None:
    """Before they are imported: what they say of a broken file would bury our one sentence."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


def _drop_unread() -> None:
    """Let Python's last flush at the exit find somewhere to go."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
