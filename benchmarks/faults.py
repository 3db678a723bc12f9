"""``python -m benchmarks.faults``: real faults, and how soon fresh boxes come again.

Each finished fault is a row of ``faults.json``; rows that are there are not measured again. The
faults of cameras and of the service are made in the device lab, whose logs have their rows:
``--lab FILE``. The README's table is written from all of them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from benchmarks.ledger import Ledger, Row
from benchmarks.scenes import SCENES
from benchmarks.scenes.outcome import TESTS, Lacking
from edge.beside import beside
from edge.card import Card, with_card

HERE = Path(__file__).parent
KEY = ("fault",)
ORDER = (
    "camera unplugged and plugged in again",
    "camera back under another number",
    "camera hung: reads block 10 s",
    *(scene.fault for scene in SCENES),
    "process killed",
    "process hung",
)
"""The rows of the table."""
HERE_MADE = "edge-run on this machine"
_BEGIN, _END = "<!-- made by python -m benchmarks.faults -->", "<!-- end -->"


def table(rows: Iterable[Row]) -> list[str]:
    """The lines of the README's table; a fault without a row is shown as not measured."""
    found = {row["fault"]: row for row in rows}
    lines = [
        "| fault | what the log says | noticed after | fresh answers | frames lost "
        "| what was written | made in |",
        "|---|---|---|---|---|---|---|",
    ]
    for fault in ORDER:
        if (row := found.get(fault)) is None:
            lines.append(f"| {fault} | not measured yet | | | | | |")
            continue
        noticed = "" if row["noticed_s"] is None else f"{row['noticed_s']:.1f} s"
        lines.append(
            f"| {fault} | {row['told']} | {noticed} | {row['fresh_s']:.1f} s after "
            f"{row['counted']} | {row['lost']} | {row['written']} | {row['place']} |"
        )
    return lines


def with_table(page: str, lines: Sequence[str]) -> str:
    """``page`` with the table between its two marks replaced."""
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    assert begin and end, "the page has no place for the table"
    return f"{before}{begin}\n{chr(10).join(lines)}\n{end}{after}"


def lab_rows(log: str) -> list[Row]:
    """The rows that a log of the device lab has: the last of each fault."""
    found = {}
    for line in re.findall(r"^row (?:\w+: )?(\{.*\})\r?$", log, re.MULTILINE):
        row = json.loads(line)
        found[row["fault"]] = row
    return list(found.values())


def tiny_model(path: Path = Path("runs/tiny.tflite")) -> Path:
    """The tests' model with its card, made once: it finds a red or a blue rectangle on black."""
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        maker = TESTS / "tiny_model_maker.py"
        card = Card(width=32, height=32, labels=("red", "blue"))
        with beside(path) as part:
            subprocess.run([sys.executable, maker, part], check=True, capture_output=True)
            part.write_bytes(with_card(part.read_bytes(), card))
    return path.absolute()


@click.command()
@click.option("--again", multiple=True, metavar="FAULT", help="Measure it anew; may be repeated.")
@click.option(
    "--lab",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    metavar="FILE",
    help="Take the rows of a log of the device lab, and measure nothing.",
)
def main(again: tuple[str, ...], lab: tuple[Path, ...]) -> None:
    """Make each fault that has no row yet, keep what came of it, and write the README's table."""
    ledger = Ledger(HERE / "faults.json", KEY)
    rows = [row for file in lab for row in lab_rows(file.read_text(errors="replace"))]
    taken = {row["fault"] for row in rows} | set(again)
    ledger.rows = [row for row in ledger.rows if row["fault"] not in taken]
    for row in rows:
        ledger.add(row)
    if not lab:
        with tempfile.TemporaryDirectory() as folder:
            model = tiny_model()
            for number, scene in enumerate(SCENES):
                if ledger.has({"fault": scene.fault}):
                    continue
                place = Path(folder, str(number))
                place.mkdir()
                try:
                    outcome = scene.make(place, model)
                except Lacking as lacking:
                    click.echo(f"skipped: {scene.fault}: this machine lacks {lacking}")
                    continue
                except AssertionError as error:
                    click.echo(f"FAILED {scene.fault}: {error}")
                    continue
                ledger.add({"fault": scene.fault, **asdict(outcome), "place": HERE_MADE})
                click.echo(f"{scene.fault}: {outcome}")
    readme = HERE.parent / "README.md"
    lines = table(ledger.rows)
    readme.write_text(with_table(readme.read_text(), lines))
    click.echo("\n".join(lines))


if __name__ == "__main__":
    main()
