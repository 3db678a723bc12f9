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
from edge.source_options import SourceOptions, source_options

if TYPE_CHECKING:  # OpenCV, numpy and LiteRT would hold up --help
    from collections.abc import Callable, Iterable

    from edge.localizer import Localizer
    from edge.observation import Frame
    from edge.sinks import Sink
    from edge.sources import Wait
    from edge.sources.inputs import Input
    from edge.stopping import Stopping

_FILE = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True)
class _Request:
    """The options as they were given."""

    source: SourceOptions
    camera: str | None
    video: Path | None
    images: Path | None
    model: Path | None
    threads: int | None
    delegate: str | None
    max_frames: int | None
    outputs: Outputs

    def inputs(self) -> list[str]:
        """The options that name an input."""
        inputs = {"--camera": self.camera, "--video": self.video, "--images": self.images}
        return [name for name, value in inputs.items() if value is not None]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--camera",
    is_flag=False,
    flag_value="auto",
    metavar="[auto|N|/dev/…|URL|fake:SCENE]",
    help="A live camera; auto, also without a value, takes the first that is there. "
    "URLs are rtsp and http; fake:shapes needs no camera.",
)
@click.option("--list-cameras", is_flag=True, help="Say which cameras are there, and end.")
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
    "--threads", type=click.IntRange(min=1), help="CPU threads of the model.  [default: the best]"
)
@click.option(
    "--delegate",
    metavar="edgetpu|PATH",
    help="Infer on an accelerator, and on the CPU while that is away.",
)
@click.option("--max-frames", type=click.IntRange(min=1), metavar="N", help="Stop after N frames.")
@source_options
@click.version_option(package_name="edge-localizer", prog_name="edge-run")
def main(list_cameras: bool, **options: Any) -> None:
    """Find the object that a model was trained on, and say where it is.

    Takes exactly one of --camera, --video and --images. Ctrl-C ends it with all files closed.
    """
    outputs = Outputs.taken(options)
    request = _Request(SourceOptions.taken_from(options), outputs=outputs, **options)
    if len(request.inputs()) != 1 and not list_cameras:
        raise click.UsageError(
            "edge-run takes exactly one of --camera, --video FILE and --images DIR. "
            f"Received: {' and '.join(request.inputs()) or 'none'}"
        )
    outputs.follows(unrelated=request.images is not None)
    _quiet_libraries()
    from edge.errors import LocalizerError
    from edge.stopping import Stopping

    try:
        if list_cameras:
            _list_cameras()
            return
        with Stopping() as stopping:  # before the slow imports, so that a signal finds it there
            _run(request, stopping)
    except LocalizerError as error:
        raise click.ClickException(str(error)) from error
    except BrokenPipeError:  # the reader has seen enough, as head has
        _drop_unread()


def _list_cameras() -> None:
    from edge.sources.choose import listed

    for line in listed():
        click.echo(line)


def _run(request: _Request, stopping: Stopping) -> None:
    import threading

    from edge.latest import Latest
    from edge.localizer import Stages
    from edge.loop import run
    from edge.outputs import Run, film_time, opened
    from edge.sinks.aside import Hurry
    from edge.sinks.console import Changes, EachFrame, Status, Tally
    from edge.tracking import Track, Tracked

    def say(sentence: str) -> None:
        if status is None:
            click.echo(sentence, err=True)
        else:
            status.say(sentence)

    tally, status, ending = Tally(), None, threading.Event()
    with ExitStack() as stack:
        localizer = _localizer(request, say, stack)
        source = _input(request, say, ending.wait, (localizer.card.width, localizer.card.height))
        say(f"source: {source.name}")

        outputs, hurry = request.outputs, Hurry(lambda: stopping.stopped)
        sinks: list[Sink] = [tally]
        sinks += opened(outputs, Run(source.live, source.rate, say, hurry, source.state), stack)
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
            track = (
                Track(threshold) if source.live else Track(threshold, film_time(source.film_rate()))
            )
            sinks = [Tracked(track, sinks)]

        if source.live:
            frames: Iterable[Frame] = stack.enter_context(Latest(source.frames))
            stack.callback(ending.set)  # first of all, so that no source sleeps any more
        else:
            frames = stack.enter_context(closing(source.frames))
        wanted = islice(stopping.until_stopped(frames), request.max_frames)
        run(wanted, Stages(localizer), sinks, late=source.live)
    click.echo(str(tally), err=True)


def _localizer(request: _Request, say: Callable[[str], None], stack: ExitStack) -> Localizer:
    """The model that was asked for, proved by its golden examples on what will serve it."""
    from edge.golden.replay import replay_golden
    from edge.localizer import load_localizer
    from edge.model_file import find_model

    path, why = find_model(request.model)
    if request.delegate is None:
        localizer, runtime = load_localizer(path, request.threads)
    else:
        from edge.accelerator import load_accelerated

        localizer, accelerated, runtime = load_accelerated(
            path, request.delegate, request.threads, say
        )
        stack.enter_context(accelerated)
    say(f"model: {path} ({why}), {runtime}")
    say(replay_golden(path, localizer))
    return localizer


def _input(
    request: _Request, say: Callable[[str], None], wait: Wait, model_size: tuple[int, int]
) -> Input:
    """The one input that was asked for; its device or file is opened at the first frame."""
    from edge.sources import inputs

    if request.images is not None:
        return inputs.pictures(request.images, request.source, say)
    if request.video is not None:
        return inputs.film(request.video, request.source, say, wait)
    return inputs.camera(request.camera or "auto", request.source, say, wait, model_size)


def _quiet_libraries() -> None:
    """Before they are imported: what they say of a broken file would bury our one sentence."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    # Seconds until a read of a USB camera that hangs fails; OpenCV reads it when it is imported.
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "5")


def _drop_unread() -> None:
    """Let Python's last flush at the exit find somewhere to go."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
