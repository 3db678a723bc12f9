"""Collected frames brought from a device over ssh, with nothing there but sh, find and tar."""

from __future__ import annotations

import re
import shlex
import subprocess
import tarfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from edge.collected import FOLDER, STEM
from edge.errors import LocalizerError, remedy

_PICTURE, _NOTE = ".jpg", ".json"
_LARGEST = 64 << 20  # bytes of a file; a device that sends more is not ours
_AT_ONCE = 200  # frames in one archive, so that a lost connection costs little
_PLACE = re.compile(r"(?!-)[^\s:]+(?::(?P<folder>/?[^:].*))?")

Arrived = Callable[[str, bool], None]


class Pulled(NamedTuple):
    """How many frames."""

    came: int
    without_note: int
    """Of those that came: another file had the name of their note here, and was kept."""
    had: int
    """Were there already."""


class Remote:
    """A folder of collected frames on another machine."""

    def __init__(self, place: str, ssh: str = "ssh") -> None:
        """place: [USER@]HOST[:FOLDER]. ssh: the program and its own options, as for a shell.

        Raises LocalizerError for a place or a command that is none.
        """
        found = _PLACE.fullmatch(place)
        if found is None:
            raise LocalizerError(f"a device is [USER@]HOST[:FOLDER]. Received: {place!r}")
        self.host, self.folder = place.partition(":")[0], found["folder"] or FOLDER
        try:
            self._ssh = shlex.split(ssh)
        except ValueError:  # a quotation mark without its other
            self._ssh = []
        if not self._ssh:
            raise LocalizerError(
                f"--ssh is a command as a shell takes it, such as 'ssh -p 2222'. Received: {ssh!r}"
            )

    def __str__(self) -> str:
        return f"{self.host}:{self.folder}"

    def stems(self) -> list[str]:
        """The frames that are there with their notes, oldest first."""
        done = self._run([], self._there("find . -type f"))
        if done.returncode:
            raise LocalizerError(self._why(done.returncode, done.stderr))
        names = {name.removeprefix("./") for name in done.stdout.decode("ascii", "replace").split()}
        stems = {name.removesuffix(_PICTURE) for name in names if name.endswith(_PICTURE)}
        return sorted(s for s in stems if STEM.fullmatch(s) and s + _NOTE in names)

    def fetch(self, stems: Sequence[str], folder: Path, arrived: Arrived) -> None:
        """Write the frames ``stems`` into ``folder``, each beside and renamed, the note first.

        arrived: gets the stem of each that has come, and whether its note has. One that the device
        has deleted meanwhile is left out. Raises LocalizerError where the connection breaks; what
        has arrived stays.
        """
        wanted = [stem + suffix for stem in stems for suffix in (_NOTE, _PICTURE)]
        command = self._there("exec tar -cf - -T -")
        with (
            subprocess.Popen(
                [*self._ssh, "--", self.host, command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            ) as running,
        ):
            assert running.stdin and running.stdout and running.stderr
            try:
                running.stdin.write("".join(f"./{name}\n" for name in wanted).encode())
                running.stdin.close()
            except BrokenPipeError:
                pass  # the exit code tells why
            try:
                with tarfile.open(fileobj=running.stdout, mode="r|") as archive:
                    _unpack(archive, set(wanted), folder, arrived)
            except (tarfile.TarError, EOFError) as error:
                running.kill()
                told = running.stderr.read()
                code = running.wait()
                if not told:
                    raise LocalizerError(
                        f"{self} broke off ({error}); say it again, what has arrived stays"
                    ) from error
                raise LocalizerError(self._why(code, told)) from error
            except BaseException:
                running.kill()
                raise
            told = running.stderr.read()
        if running.returncode and b"No such file" not in told and b"annot stat" not in told:
            raise LocalizerError(self._why(running.returncode, told))

    def _there(self, command: str) -> str:
        """What runs ``command`` in the folder; by sudo where only root may."""
        folder = shlex.quote(self.folder)
        inner = shlex.quote(f"cd {folder} && {command}")
        own = f"(cd {folder}) 2>/dev/null || ! command -v sudo >/dev/null"
        return f"if {own}; then exec sh -c {inner}; else exec sudo -n sh -c {inner}; fi"

    def _run(self, options: Sequence[str], command: str) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                [*self._ssh, *options, "--", self.host, command],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise LocalizerError(
                f"{self._ssh[0]} cannot be started: {error.strerror}; "
                "sudo apt install openssh-client"
            ) from error

    def _why(self, code: int, told: bytes) -> str:
        lines = told.decode("utf-8", "replace").strip().splitlines()
        last = "".join(c for c in lines[-1] if c.isprintable()) if lines else f"exit code {code}"
        if code == 255:
            return f"{self.host} is not reached ({last}); try ssh {self.host} first"
        return (
            f"{self} cannot be read ({last}); name a folder that edge-run --collect fills and that "
            "this user may read, himself or by sudo without a password"
        )


def pull(
    remote: Remote,
    folder: Path,
    watch: Callable[[int, int], None] = lambda done, count: None,
) -> Pulled:
    """Bring what is not in ``folder`` yet.

    Nothing is overwritten and nothing deleted, here or there; an interrupted one goes on where it
    stopped. The folder is made once there is something to write.
    watch: gets how many have arrived, and of how many.
    Raises LocalizerError as ``Remote`` does, and where ``folder`` cannot be written.
    """
    there = remote.stems()
    try:
        missing = [stem for stem in there if not (folder / (stem + _PICTURE)).exists()]
        if missing:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        way_out = remedy(error, "name another folder")
        raise LocalizerError(f"{folder} cannot be written: {error.strerror}; {way_out}") from error
    noted: list[bool] = []

    def arrived(stem: str, its_note: bool) -> None:
        noted.append(its_note)
        watch(len(noted), len(missing))

    for at in range(0, len(missing), _AT_ONCE):
        remote.fetch(missing[at : at + _AT_ONCE], folder, arrived)
    return Pulled(len(noted), noted.count(False), len(there) - len(missing))


def _unpack(
    archive: Iterable[tarfile.TarInfo],
    wanted: set[str],
    folder: Path,
    arrived: Arrived,
) -> None:
    assert isinstance(archive, tarfile.TarFile)
    others: set[str] = set()  # of notes whose name another file has here
    for member in archive:
        name = member.name.removeprefix("./")
        # only what was asked for, so that no name leads out of the folder
        if name not in wanted or not member.isreg() or member.size > _LARGEST:
            raise LocalizerError(f"the device sends {name[:80]!r}, which nobody asked for; stopped")
        content = archive.extractfile(member)
        assert content is not None
        path = folder / name
        beside = path.with_name(path.name + ".part")
        try:
            sent = content.read()
            if not path.exists():
                beside.write_bytes(sent)
                beside.rename(path)
            elif path.read_bytes() != sent:
                others.add(path.stem)
        except OSError as error:
            way_out = remedy(error, "let this user write there, or name another folder,")
            raise LocalizerError(
                f"{path} cannot be written: {error.strerror}; {way_out} and say it again"
            ) from error
        finally:
            with suppress(OSError):  # on a disk that takes no change, there is none
                beside.unlink()
        if path.suffix == _PICTURE:
            arrived(path.stem, path.stem not in others)
