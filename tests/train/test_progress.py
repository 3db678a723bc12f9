"""What is said reads as it was written."""

from __future__ import annotations

import io

from rich.console import Console

from train.progress import say


def test_brackets_colons_and_length_stay_as_they_are() -> None:
    heard = io.StringIO()
    sentence = "written: photos [/a]/run[b] of the :cat: and a word that no line has room for"
    say(Console(file=heard, width=20), sentence)
    assert heard.getvalue() == f"{sentence}\n"


def test_a_terminal_gets_no_colours_either() -> None:
    heard = io.StringIO()
    say(Console(file=heard, force_terminal=True), "[bold]12 pictures[/bold] in 'set'")
    assert heard.getvalue() == "[bold]12 pictures[/bold] in 'set'\n"
