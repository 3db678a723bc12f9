"""A configuration file: TOML whose keys are the options of ``edge-run`` without their dashes.

Each value is what would stand behind the option on the command line, and is judged by that very
option. An option that needs no value takes true. Nothing else is in the file: no table, no array.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from edge.errors import LocalizerError

_LONGEST = 65_536  # bytes of a file
_STATEMENT = 100  # lines of a statement, which is read anew with each of them
_UNCALLED = ("config", "print_config", "list_cameras", "version", "help")
"""Options that ask for something else than a run."""
_BETWEEN = {"size": "x", "crop": ","}
"""What stands between the numbers of an option that takes several."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One statement of the file."""

    number: int
    """Counted from 1."""
    content: Mapping[str, Any] | None
    fault: str = ""
    """Why it is no TOML."""


def read_config(path: Path, command: click.Command) -> dict[str, Any]:
    """The values in the file, by the names of the command's parameters.

    Raises LocalizerError that names every fault with its line and key.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST + 1)
    except OSError as error:
        raise LocalizerError(
            f"{path} cannot be read: {error.strerror}; give --config a file that can"
        ) from error
    return parsed(content, str(path), command)


def parsed(content: bytes, name: str, command: click.Command) -> dict[str, Any]:
    """As ``read_config``, for the content of a file called ``name``."""
    if len(content) > _LONGEST:
        raise LocalizerError(
            f"{name} is larger than {_LONGEST} bytes, so it is no configuration of edge-run; "
            "give --config another file"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = content.count(b"\n", 0, error.start) + 1
        raise LocalizerError(f"{name}, line {at}: this is no UTF-8; save it as that") from error
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    faults = []
    options = {key(option): option for option in run_options(command)}
    context = click.Context(command)
    for line in _lines(text):
        if line.content is None:
            faults.append(f"line {line.number}: {line.fault}")
            continue
        for given, value in line.content.items():
            where = f"line {line.number}, {_shown(given)}"
            if isinstance(value, dict):
                faults.append(f"{where}: there are no tables here; write key = value")
            elif given not in options:
                faults.append(f"{where}: {_unknown(given, options)}")
            elif given in lines:
                faults.append(f"{where}: line {lines[given]} gives it too; leave one out")
            else:
                lines[given] = line.number
                try:
                    values.update(_value(options[given], value, context))
                except _Fault as fault:
                    faults.append(f"{where}: {fault}")
    if faults:
        count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise LocalizerError("\n  ".join([f"{name} has {count}; mend and try again:", *faults]))
    return values


def printed(values: Mapping[str, Any], command: click.Command) -> str:
    """The configuration as TOML, which ``parsed`` reads as the same; what is not set is a comment.

    values: by the names of the command's parameters.
    """
    parts = ["# What edge-run does; edge-run --config FILE reads it.\n"]
    for option in run_options(command):
        value = values.get(option.name or "")
        unset = value is None or value is False
        line = f"# {key(option)} =" if unset else f"{key(option)} = {_toml(key(option), value)}"
        parts.append(f"\n# {option.help}\n{line}\n")
    return "".join(parts)


def run_options(command: click.Command) -> list[click.Option]:
    """The options of ``command`` that a configuration may give."""
    options = [one for one in command.params if isinstance(one, click.Option)]
    return [option for option in options if option.name not in _UNCALLED]


def key(option: click.Option) -> str:
    """What the option is called in a file."""
    return max(option.opts, key=len).removeprefix("--")


class _Fault(Exception):
    """Its text says what is wrong with a value."""


def _value(option: click.Option, value: Any, context: click.Context) -> dict[str, Any]:
    """The parameter's value, by its name, as the option itself makes it; nothing for false."""
    assert option.name is not None
    alone = option.flag_value if isinstance(option.flag_value, str) else None  # --camera
    if isinstance(value, bool):
        if not option.is_flag and alone is None:
            raise _Fault(f"it takes {_wanted(option)}. Received: {_shown(value)}")
        if not value:
            return {}
        value = True if option.is_flag else alone
    elif option.is_flag:
        bare = ", without quotation marks" if value in ("true", "false") else ""
        raise _Fault(f"it takes true or false{bare}. Received: {_shown(value)}")
    elif not isinstance(value, str | int | float):
        raise _Fault(f"it takes a text or a number. Received: {_shown(value)}")
    try:
        raw = value if option.is_flag else str(value)
        if isinstance(raw, str) and ("\0" in raw or not raw):
            raise _Fault(f"it takes a text that is not empty. Received: {_shown(value)}")
        return {option.name: option.process_value(context, raw)}
    except click.UsageError as error:
        raise _Fault(error.message.rstrip(".")) from error
    except (ValueError, OverflowError) as error:  # a number with thousands of digits
        raise _Fault(f"it takes a smaller number. Received: {_shown(value)}") from error


def _wanted(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return " or ".join(f'"{choice}"' for choice in option.type.choices)
    return f"a value, such as {option.metavar}" if option.metavar else "a number"


def _lines(text: str) -> Iterator[_Line]:
    """The statements of the file, each with its line."""
    lines = text.replace("\r\n", "\n").split("\n")
    whole = not isinstance(_loaded(text), str)
    at = 0
    while at < len(lines):
        content = _loaded(lines[at])
        end = at + 1
        # Only text in triple quotes, and arrays, go over several lines.
        last = min(len(lines), at + _STATEMENT)
        while isinstance(content, str) and whole and end < last:
            end += 1
            content = _loaded("\n".join(lines[at:end]))
        if isinstance(content, str):
            if whole and end - at == _STATEMENT:
                yield _Line(at + 1, None, f"this goes over {_STATEMENT} lines; write a shorter one")
                return
            yield _Line(at + 1, None, content)
            end = at + 1
        elif content:
            yield _Line(at + 1, content)
        at = end


def _loaded(text: str) -> dict[str, Any] | str:
    """What ``text`` holds, or why it is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return f"this is no TOML ({str(error).partition(' (at ')[0]}); write key = value"
    except RecursionError:
        return "this is nested too deep; write key = value"
    except ValueError:
        return "this number has too many digits; write a smaller one"


def _unknown(given: str, options: Iterable[str]) -> str:
    plain = given.lower().removeprefix("--").replace("_", "-")
    near = difflib.get_close_matches(plain, options, 1, 0.5)
    way_out = f"did you mean {near[0]}?" if near else "edge-run --help lists them"
    return f"edge-run has no such option; {way_out}"


def _shown(value: Any) -> str:
    """The beginning of ``value`` as a file would have it, in one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return "an array" if isinstance(value, list) else "a table"
    try:
        text = str(value)
    except ValueError:  # Python refuses to print such a number
        return "a huge number"
    text = text if text.isprintable() and text else ascii(text)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _toml(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true"
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = _BETWEEN[name].join(map(str, value))
    if isinstance(value, str | Path):
        text = str(value)
        if not text.isascii():
            _refuse_unwritable(text)
        return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)


def _refuse_unwritable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise LocalizerError(
            f"{text!a} is no UTF-8, so a configuration cannot hold it; give it another name"
        ) from error
