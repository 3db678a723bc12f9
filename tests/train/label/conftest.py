"""A real edge-train label, and a real browser before it."""

import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

from edge.image import write_image
from train.scenes import scene

WIDTH, HEIGHT = 320, 240


def drawn(folder, count):
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(1)
    image, _ = scene(WIDTH, rng, "star")
    for number in range(count):
        shifted = np.roll(image, 7 * number, axis=1)[40 : 40 + HEIGHT]
        write_image(folder / f"{number:05d}.jpg", np.ascontiguousarray(shifted))
    return folder


@pytest.fixture
def pictures(tmp_path):
    """A maker of folders of drawn pictures of 320x240 pixels."""
    return lambda count: drawn(tmp_path / "set", count)


@pytest.fixture
def filled():
    """Writes until nothing goes on a disk any more."""

    def fill(disk):
        with (disk / "ballast").open("wb", buffering=0) as file, pytest.raises(OSError):
            while True:
                file.write(bytes(4096))

    return fill


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The port of a page of two pictures, and their folder."""
    folder = drawn(tmp_path_factory.mktemp("site") / "set", 2)
    with labelling(folder, "--classes", "star") as address:
        yield int(address.rstrip("/").rpartition(":")[2]), folder


@contextmanager
def labelling(folder, *options, program=("-m", "train")):
    """The address of the page of ``folder``; at the end the command is stopped by Ctrl-C.

    program: what Python runs, with the words of ``edge-train`` behind it.
    """
    command = [sys.executable, *program, "label", str(folder), "--port", "0", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        heard = ""
        while not (found := re.search(r"http://\S+", heard)):
            heard = running.stdout.readline()
            assert heard, "edge-train label ended"
        try:
            yield found[0]
        finally:
            running.send_signal(signal.SIGINT)
            rest = running.stdout.read()
            assert running.wait() == 0, rest
            assert "are labelled" in rest


@pytest.fixture
def label_page():
    """Starts edge-train label; use it in a with statement."""
    return labelling


class Hand:
    """A person at the page: real mouse, real keys."""

    def __init__(self, page):
        self.page = page

    def shown(self, number):
        """Wait until picture ``number`` is the one to label."""
        thumb = f'.thumb[aria-current="true"][aria-label^="Picture {number + 1}:"]'
        self.page.wait_for_selector(thumb)

    def saved(self):
        self.page.wait_for_selector("#saved:text-is('saved')")

    def counted(self, text):
        """Wait until the page counts so."""
        self.page.wait_for_selector(f"#counts:text-is('{text}')")

    def place(self, x, y):
        """The point of the screen at a place in the picture."""
        sheet = self.page.locator("#sheet").bounding_box()
        scale = sheet["width"] / WIDTH
        return sheet["x"] + x * scale, sheet["y"] + y * scale

    def drag(self, start, end):
        """From one place in the picture to another, by steps as a hand makes them."""
        self.page.mouse.move(*self.place(*start))
        self.page.mouse.down()
        middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        self.page.mouse.move(*self.place(*middle))
        self.page.mouse.move(*self.place(*end))
        self.page.mouse.up()

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)


@pytest.fixture
def person(chromium):
    """Opens the page in a tab of its own; gives the hand on it. Errors on the page fail a test."""
    contexts, errors = [], []

    def heard(told):
        # the browser itself tells of answers such as 412, and of a server that has ended
        if told.type == "error" and "Failed to load resource" not in told.text:
            errors.append(told.text)

    def opened(address, width=1100, height=760, **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", heard)
        page.goto(address)
        page.wait_for_selector('.thumb[aria-current="true"]')
        return Hand(page)

    yield opened
    for context in contexts:
        context.close()
    assert errors == []
