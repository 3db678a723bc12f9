"""The service put into a system, and taken out again; nothing a user edited is lost."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edge.beside import beside
from edge.errors import LocalizerError, remedy
from edge.model_file import NAME
from edge.service_files import (
    CONFIGURATION,
    DROP_IN,
    STATE,
    UNIT,
    File,
    drop_in,
    files,
    untouched,
)

_PATIENCE = 60.0  # seconds for systemd to answer


@dataclass(frozen=True, slots=True)
class System:
    """The system to install into."""

    say: Callable[[str], None]
    root: Path = Path("/")
    """Another one is not running: it is written to and enabled, and nothing is started."""
    dry: bool = False
    """Whether it is only said what would be done."""

    @property
    def running(self) -> bool:
        return self.root == Path("/")

    def groups(self) -> set[str]:
        """The names of its groups."""
        try:
            text = (self.root / "etc/group").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return set()
        return {line.partition(":")[0] for line in text.splitlines()}

    def install(self, edge_run: Path, network: Callable[[Path], bool]) -> None:
        """Write, verify and enable the service that starts ``edge_run``.

        network: whether a configuration asks for the network; raises LocalizerError for one with
        faults. Raises LocalizerError before anything is written where a file was edited.
        """
        configuration = self.root / CONFIGURATION
        wanted = files(edge_run, self.groups(), configuration.is_file() and network(configuration))
        unit = wanted[0]
        verify(unit, self.say)
        # Once there it is the user's, edited or not.
        todo = [one for one in wanted if one.path != CONFIGURATION or not configuration.exists()]
        for one in todo:
            self._refuse_edited(one)
        for one in todo:
            self._write(one)
        if not any(one.path == DROP_IN for one in wanted):
            self._remove(drop_in())
        if not any(one.path == CONFIGURATION for one in todo):
            self.say(f"{configuration} is yours and stays as it is")
        self._reload()
        self._systemctl("enable", UNIT)
        if not (self.root / STATE / NAME).exists():
            self.say(f"unless /{CONFIGURATION} names another model, copy yours to /{STATE / NAME}")
        if self.running:
            self._systemctl("restart", "--no-block", UNIT)
            self.say(f"how it is: systemctl status {UNIT.removesuffix('.service')}")

    def uninstall(self) -> None:
        """Stop and disable the service, and remove what was installed; says what stays."""
        unit = self.root / "etc/systemd/system" / UNIT
        if unit.exists() or self.dry:
            self._systemctl("disable", *(["--now"] if self.running else []), UNIT)
        # Which command and which groups it was written for is not asked: the mark tells.
        for one in [*files(Path("edge-run"), (), network=False), drop_in()]:
            self._remove(one)
        for folder in ((self.root / DROP_IN).parent, self.root / STATE):
            self._remove_folder(folder)
        self._reload()

    def _refuse_edited(self, file: File) -> None:
        path = self.root / file.path
        there = _text(path)
        if there is not None and not untouched(there):
            raise LocalizerError(
                f"{path} was edited or comes from elsewhere, and is not overwritten; move it away "
                f"(`systemctl edit {UNIT.removesuffix('.service')}` keeps changes apart)"
            )

    def _write(self, file: File) -> None:
        path = self.root / file.path
        if _text(path) == file.text:
            return
        self.say(f"{'would write' if self.dry else 'writes'} {path}")
        if self.dry:
            self.say(file.text)
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with beside(path) as part:
                part.write_text(file.text, encoding="utf-8")
                part.chmod(0o644)
        except OSError as error:
            raise _unchanged(path, "written", error) from error

    def _remove(self, file: File) -> None:
        path = self.root / file.path
        there = _text(path)
        if there is None:
            return
        if not untouched(there):
            self.say(f"{path} was edited and is left; remove it yourself if you do not need it")
            return
        self.say(f"{'would remove' if self.dry else 'removes'} {path}")
        if not self.dry:
            try:
                path.unlink()
            except OSError as error:
                raise _unchanged(path, "removed", error) from error

    def _remove_folder(self, folder: Path) -> None:
        """An empty one; else say what of the user's is in it."""
        places = [folder]
        if folder.is_symlink():  # as systemd keeps the state of a user that it makes
            places.insert(0, folder.resolve())
        kept = list(places[0].iterdir()) if places[0].is_dir() else []
        if kept and not self.dry:
            names = ", ".join(sorted(path.name for path in kept)[:5])
            self.say(f"{folder} holds what is yours and is left: {names}")
        if kept or self.dry:
            return
        for place in places:
            with suppress(OSError):
                place.unlink() if place.is_symlink() else place.rmdir()

    def _reload(self) -> None:
        if self.running:
            self._systemctl("daemon-reload")
            try:
                self._run("udevadm", "control", "--reload")
            except LocalizerError as error:  # in a container there is no udev to be told
                self.say(f"{error}; until then, or the next start, its rules for a Coral wait")

    def _systemctl(self, *words: str) -> None:
        elsewhere = [] if self.running else [f"--root={self.root}"]
        self._run("systemctl", *elsewhere, *words)

    def _run(self, *words: str) -> None:
        if self.dry:
            self.say(f"would run: {' '.join(words)}")
            return
        if shutil.which(words[0]) is None:
            self.say(f"{words[0]} is not here, so this was not done: {' '.join(words)}")
            return
        try:
            subprocess.run(words, check=True, capture_output=True, text=True, timeout=_PATIENCE)
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or str(error)
            raise LocalizerError(
                f"`{' '.join(words)}` failed ({said.strip()}); mend that and say it again"
            ) from error


def _unchanged(path: Path, what: str, error: OSError) -> LocalizerError:
    read_only = error.errno == errno.EROFS
    way_out = remedy(error, "mount the disk writable" if read_only else "say it with sudo")
    return LocalizerError(f"{path} cannot be {what}: {error.strerror}; {way_out}")


def verify(unit: File, say: Callable[[str], None]) -> None:
    """Raise LocalizerError where systemd itself finds something in a unit."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        say("systemd-analyze is not here, so the unit was not verified")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / UNIT
        path.write_text(unit.text, encoding="utf-8")
        try:
            done = subprocess.run(
                [analyze, "verify", str(path)],
                capture_output=True,
                text=True,
                check=False,
                timeout=_PATIENCE,
                env={**os.environ, "SYSTEMD_COLORS": "0"},
            )
        except subprocess.TimeoutExpired as error:
            raise LocalizerError(
                f"`{analyze} verify {path}` did not end within {_PATIENCE:g} s; say it again when "
                "the machine has less to do"
            ) from error
    # Of other units it may have to say something too; and a fault need not make it fail.
    said = [line for line in (done.stdout + done.stderr).splitlines() if UNIT in line]
    if said:
        raise LocalizerError(
            f"systemd does not accept the unit ({said[0].strip()}); nothing was installed; "
            "write the unit by hand from systemd/edge-run.service"
        )


def _text(path: Path) -> str | None:
    """None where there is no file."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise LocalizerError(f"{path} cannot be read ({error}); say it with sudo") from error
