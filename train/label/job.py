"""The whole job of ``edge-train label``: look, ask a model, serve the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from train.label.album import BESIDE, Album
from train.label.pictures import pictures_in
from train.label.proposals import asked, collected, haar, model
from train.progress import Progress, say


def album_of(folder: Path, by: str | None, classes: Sequence[str], console: Console) -> Album:
    """The pictures of ``folder`` with what models say of them.

    by: ``haar`` or a model; None shows what devices said of frames that they collected.
    classes: names that come first. Raises LocalizerError for what the user can mend.
    """
    with Progress(console) as progress:
        paths, left_out = pictures_in(folder)
        for why in left_out:
            say(console, f"left out {why}")
        proposals = collected(paths)
        if by is not None:
            ask, name = haar() if by == "haar" else model(Path(by))
            cache = folder / BESIDE / f"proposals-{name}.jsonl"
            proposals |= asked(paths, ask, cache, progress.over("asking"))
        album = Album(folder, proposals, progress.over("reading"))
    for label in reversed(classes):
        album.classes = [label, *(one for one in album.classes if one != label)]
    return album


def label(
    folder: Path, by: str | None, classes: Sequence[str], port: int, console: Console
) -> None:
    """Serve the label page of ``folder`` until Ctrl-C; parameters as of ``album_of``.

    port: 0 takes a free one.
    """
    from train.label.server import serve

    album = album_of(folder, by, classes, console)
    click.echo(f"{len(album)} pictures, {album.labelled} labelled")

    def ready(address: str) -> None:
        click.echo(f"Label them at {address} (Ctrl-C ends it; every label is on disk at once)")

    serve(album, port, ready)
    click.echo(f"{album.labelled} of {len(album)} pictures in {folder} are labelled")
