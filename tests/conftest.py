"""What several packages' tests share."""

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import click
import numpy as np
import pytest
from hypothesis import settings

from edge.card import Card, with_card
from edge.numbers import Finite, Whole

# A check of a change tries the same examples each time; a developer's own run tries new ones.
settings.register_profile("project", deadline=None, derandomize="CI" in os.environ)
settings.register_profile("emulated", deadline=None, derandomize=True, max_examples=10)
settings.load_profile("project")

_TRAINS = re.compile(r"keras|tensorflow|\bfit\b|trained", re.IGNORECASE)


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts TensorFlow as ``training``: a stage of its own, since it may be slow.

    Where it runs in several processes, a file stays in one, and all of the conversion's files too:
    they share converted models that take minutes to make.
    """
    here = Path(__file__).parent
    texts: dict[Path, str] = {}
    for item in items:
        part = item.path.relative_to(here).parts[0]
        if part == "train" and item.path not in texts:
            texts[item.path] = item.path.read_text()
        if part in ("convert", "benchmarks") or _TRAINS.search(texts.get(item.path, "")):
            item.add_marker("training")
        item.add_marker(pytest.mark.xdist_group(part if part == "convert" else str(item.path)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse a run whose groups are not seen: each process would make what a group shares."""
    grouped = getattr(session.config.option, "loadgroup", False)  # of pytest-xdist's processes
    if grouped and not all("@" in item.nodeid for item in session.items):
        raise RuntimeError(
            "pytest-xdist does not see the groups of these tests; install the pytest that "
            "pyproject.toml asks for"
        )


TINY_CARD = Card(width=32, height=32, labels=("red", "blue"))


@pytest.fixture(scope="session")
def tiny_flatbuffer(tmp_path_factory) -> bytes:
    """A real int8 model without its card: see tiny_model_maker.py for what it finds.

    Where there is no TensorFlow, $TINY_FLATBUFFER names one that was made elsewhere.
    """
    if "TINY_FLATBUFFER" in os.environ:
        return Path(os.environ["TINY_FLATBUFFER"]).read_bytes()
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("TensorFlow is not installed, so no model can be made here")
    path = tmp_path_factory.mktemp("tiny") / "tiny.tflite"
    maker = Path(__file__).with_name("tiny_model_maker.py")
    made = subprocess.run(
        [sys.executable, str(maker), str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""},
    )
    assert made.returncode == 0, made.stderr
    return path.read_bytes()


@pytest.fixture(scope="session")
def tiny_model(tiny_flatbuffer, tmp_path_factory) -> Path:
    """A model file with its card: finds a red or a blue rectangle on black."""
    path = tmp_path_factory.mktemp("model") / "model.tflite"
    path.write_bytes(with_card(tiny_flatbuffer, TINY_CARD))
    return path


INTERRUPTED = """
import builtins, importlib, sys
entry, command, awaited = sys.argv[1:]
run = getattr(importlib.import_module(entry), command)
real = builtins.__import__
def interrupted(name, *rest):
    if name == awaited:
        raise KeyboardInterrupt
    return real(name, *rest)
builtins.__import__ = interrupted
run()
"""


@pytest.fixture
def interrupted():
    """Starts a command of a module, which Ctrl-C meets while it imports another module."""

    def start(entry, command, awaited):
        return subprocess.run(
            [sys.executable, "-c", INTERRUPTED, entry, command, awaited],
            capture_output=True,
            text=True,
            check=False,
        )

    return start


@pytest.fixture
def plain_numbers():
    """Finds the options of a command, and of those below it, whose numbers click alone judges."""

    def found(command):
        below = command.commands.values() if isinstance(command, click.Group) else ()
        kinds = (click.types.IntParamType, click.types.FloatParamType)
        mine = [
            f"{command.name} {one.name}"
            for one in command.params
            if isinstance(one.type, kinds) and not isinstance(one.type, (Finite, Whole))
        ]
        return mine + [name for one in below for name in found(one)]

    return found


@pytest.fixture
def scene():
    """A drawer of pictures: a rectangle (left, top, right, bottom in pixels) on black."""

    def draw(box=(8, 16, 24, 28), colour=(255, 0, 0), width=32, height=32):
        picture = np.zeros((height, width, 3), np.uint8)
        left, top, right, bottom = box
        picture[top:bottom, left:right] = colour
        return picture

    return draw


@pytest.fixture
def mounted(tmp_path):
    """A maker of small file systems in memory, with the given options of mount."""
    folders = []

    def mount(name, options):
        folder = tmp_path / name
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("this process may not mount a file system")
        folders.append(folder)
        return folder

    yield mount
    for folder in folders:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def small_disk(mounted):
    """A folder on a disk of one megabyte."""
    return mounted("disk", "size=1m")


@pytest.fixture(scope="session")
def ssh_server(tmp_path_factory):
    """OpenSSH's own server on this machine; gives the command that reaches it."""
    sshd = shutil.which("sshd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if sshd is None or shutil.which("ssh") is None:
        pytest.skip("OpenSSH's server is not installed")
    folder = tmp_path_factory.mktemp("sshd")
    for name in ("host", "user"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(key, check=True)
    Path("/run/sshd").mkdir(parents=True, exist_ok=True)
    config = folder / "config"
    config.write_text(
        f"HostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\nStrictModes no\n"
        "PasswordAuthentication no\nUsePAM no\nPermitRootLogin yes\n"
    )
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    arguments = [sshd, "-D", "-e", "-f", str(config), "-p", str(port)]
    arguments += ["-o", "ListenAddress=127.0.0.1"]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as running:
        heard = ""
        while "listening" not in heard:
            heard = running.stderr.readline()
            assert heard, "sshd ended"
        yield (
            f"ssh -p {port} -i {folder}/user -o BatchMode=yes -o StrictHostKeyChecking=no "
            f"-o UserKnownHostsFile={folder}/known -o LogLevel=ERROR"
        )
        running.terminate()


@pytest.fixture(scope="session")
def chromium():
    """A real browser, without a window, for all tests: one process can start Playwright once."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        # Its sandbox refuses root, and a container's memory for shared pictures is small.
        options = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=program, args=options)
        yield browser
        browser.close()


class Tags(HTMLParser):
    """Every tag of a page with its attributes, and which are left open."""

    def __init__(self):
        super().__init__()
        self.seen, self.open = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def asks_nobody():
    """A check that a page is whole, runs nothing, and asks no other host; it gives the tags."""

    def check(text):
        parser = Tags()
        parser.feed(text)
        assert parser.open == []
        assert "script" not in [tag for tag, _ in parser.seen]
        for _, attributes in parser.seen:
            for name in ("src", "href", "data", "action", "xlink:href"):
                assert attributes.get(name, "data:").startswith("data:")
        assert not re.search(r"url\(|@import", text)
        assert "default-src 'none'" in text
        return parser.seen

    return check


@pytest.fixture(scope="session")
def drawn_set(tmp_path_factory) -> Path:
    """A folder of 30 drawn scenes of 64 pixels, six of them empty."""
    from train.scenes import write_scenes

    folder = tmp_path_factory.mktemp("scenes") / "set"
    write_scenes(folder, count=30, size=64, seed=0)
    return folder


@pytest.fixture(scope="session")
def trained_run(drawn_set, tmp_path_factory) -> Path:
    """What edge-train fit leaves after one epoch on a narrow network: real, and not good."""
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    from click.testing import CliRunner

    from train.cli import main

    out = tmp_path_factory.mktemp("runs") / "run"
    options = "--weights none --size 64 --alpha 0.35 --epochs 1 --batch 8 --log tensorboard".split()
    result = CliRunner().invoke(main, ["fit", str(drawn_set), "--out", str(out), *options])
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture(scope="session")
def converted_model(trained_run, tmp_path_factory) -> Path:
    """What edge-convert tflite makes of that run."""
    from click.testing import CliRunner

    from convert.cli import main

    out = tmp_path_factory.mktemp("converted") / "model.tflite"
    result = CliRunner().invoke(
        main, ["tflite", str(trained_run), "--out", str(out), "--limit", "1"]
    )
    assert result.exit_code == 0, result.output
    return out
