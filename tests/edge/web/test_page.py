"""The whole program on the fake camera, looked at by a real Chromium."""

import json
from contextlib import ExitStack
from dataclasses import astuple

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from axe_playwright_python.sync_playwright import Axe
from websockets.sync.client import connect

from edge.image import decoded
from edge.sources.fake import true_box
from edge.web.password import Password

MOVED = "([from, by]) => Number(document.getElementById('picture').dataset.index) >= from + by"
PIXELS = """() => {
  const canvas = document.getElementById("picture"), {width, height} = canvas;
  const all = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  let edges = [width, height, 0, 0];
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const at = 4 * (y * width + x);
    if (all[at] > 180 && all[at + 1] < 60) edges = [Math.min(edges[0], x), Math.min(edges[1], y),
      Math.max(edges[2], x + 1), Math.max(edges[3], y + 1)];
  }
  return {red: edges.map((edge, side) => edge / (side % 2 ? height : width)),
    box: canvas.dataset.box.split(" ").map(Number), index: Number(canvas.dataset.index)};
}"""


def index(page):
    return int(page.locator("#picture").get_attribute("data-index") or -1)


def advance(page, by=3):
    """Wait for later pictures."""
    page.wait_for_function(MOVED, arg=[index(page), by])


def looked_at(page, url):
    page.goto(url)
    page.wait_for_selector("#picture[data-index]")
    page.wait_for_selector("#state[data-state=live]")
    return page


def test_boxes_move_with_their_pictures_and_nobody_else_is_asked(device, tab):
    page = tab()
    asked, weight = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda answer: weight.append(len(answer.body())))
    running = device(0)
    looked_at(page, running.url)
    seen = []
    for _ in range(5):
        advance(page, 6)
        told = page.evaluate(PIXELS)  # of one moment: the picture drawn and its box
        seen.append(told["box"])
        where = true_box("rectangle", told["index"])
        # JPEG blurs an edge, and the line of the box may lie on it.
        assert told["red"] == pytest.approx(astuple(where), abs=0.03)
        line = running.box(wanted=lambda line, told=told: line["index"] == told["index"])
        assert told["box"] == pytest.approx(line["box"], abs=1e-4)
    assert len({tuple(box) for box in seen}) == 5
    assert page.locator("#label").inner_text() == "red"
    assert float(page.locator("#fps").inner_text()) > 0
    assert page.locator("#age").inner_text().endswith("s")
    assert all(url.startswith(running.url) for url in asked), asked
    assert 0 < sum(weight) < 100_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (360, 740)])
def test_it_is_accessible_and_fits(device_for_looks, tab, scheme, size):
    page = looked_at(tab(*size, color_scheme=scheme), device_for_looks.url)
    page.locator("#slider").fill("0.99")
    advance(page)
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.fixture(scope="module")
def device_for_looks(tiny_model):
    """One run for the tests that only look."""
    from benchmarks.edge_run import EdgeRun

    asked = ["--camera", "fake:rectangle", "--model", tiny_model, "--web", 0]
    with EdgeRun(*asked) as running:
        running.url = running.says("web: ")[1].removeprefix("web: ")
        yield running


def test_a_threshold_is_seen_before_it_is_kept_and_all_by_keyboard(device, tab):
    running = device(0, "--smoothing", "off")  # else half of it would do for what is there
    page = looked_at(tab(), running.url)
    focused = "document.activeElement.id"
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate(focused) == "slider":
            break
    page.keyboard.press("End")
    assert page.locator("#value").inner_text() == "1.00"
    advance(page)
    assert "would be withheld" in page.locator("#effect").inner_text()
    assert page.locator("#label").inner_text() == "red"  # nothing has changed yet
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "keep"
    page.keyboard.press("Enter")
    page.locator("#label", has_text="nothing").wait_for()
    assert 'put "threshold = 1"' in page.locator("#kept").inner_text()
    at = running.lines[-1]["captured_at"]
    assert running.frame(at)["box"] is None
    assert page.locator("#keep").is_disabled()


def test_back_leaves_the_threshold_as_it_was(device_for_looks, tab):
    page = looked_at(tab(), device_for_looks.url)
    page.locator("#slider").fill("0.9")
    page.locator("#back").click()
    assert page.locator("#value").inner_text() == "0.50"
    assert page.locator("#back").is_disabled()


def test_a_snapshot_is_the_picture_with_its_box(device_for_looks, tab):
    page = looked_at(tab(), device_for_looks.url)
    with page.expect_download() as downloads:
        page.locator("#snapshot").click()
    name, path = downloads.value.suggested_filename, downloads.value.path()
    assert name.startswith("edge-run-2") and name.endswith(".jpg")
    picture = decoded(path.read_bytes(), name).astype(int)
    assert picture.shape == (480, 640, 3)
    yellow = (picture[..., 0] > 200) & (picture[..., 1] > 150) & (picture[..., 2] < 90)
    assert yellow.any()


def test_events_are_told(device, tab):
    page = looked_at(tab(), device(0, scene="leaves").url)
    page.locator("#events time").first.wait_for()
    assert page.locator("#events li").first.inner_text().split()[-1] in (
        "appeared",
        "moved",
        "left",
    )


def test_it_survives_a_restart_of_the_device(device, tab, free_port):
    running = device(free_port)
    page = looked_at(tab(), running.url)
    advance(page, 20)
    running.process.kill()
    running.process.wait()
    page.wait_for_selector("#state[data-state=bad]")
    page.evaluate("delete document.getElementById('picture').dataset.index")
    again = device(free_port)
    page.wait_for_selector("#state[data-state=live]")
    page.wait_for_selector("#picture[data-index]")
    advance(page)
    assert again.stop() == 0


def test_a_hidden_page_leaves_and_comes_back(device_for_looks, tab):
    page = looked_at(tab(), device_for_looks.url)
    hide = """(hidden) => {
      Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    url = device_for_looks.url.replace("http", "ws") + "live"
    with connect(url, origin=device_for_looks.url.rstrip("/")) as other:
        viewers = (json.loads(word)["viewers"] for word in other if isinstance(word, str))
        assert any(count == 1 for count in viewers)
    page.evaluate(hide, False)
    advance(page)


def test_twenty_slow_viewers_hold_nobody(device, tab):
    running = device(0)
    url, origin = running.url.replace("http", "ws") + "live", running.url.rstrip("/")
    with ExitStack() as stack:
        for number in range(20):
            # It reads one word, and confirms no picture.
            client = connect(url, origin=origin, max_queue=1, close_timeout=0.1)
            slow = stack.enter_context(client)
            assert json.loads(slow.recv(60))["viewers"] == number + 1
        page = looked_at(tab(), running.url)
        advance(page, 30)
        answered = len(running.lines)
        advance(page, 30)
        assert len(running.lines) > answered


def test_the_password_is_asked_for_by_a_page_that_is_accessible_too(device, tab, tmp_path):
    Password.chosen("correct horse").write(tmp_path / "web")
    running = device("0.0.0.0:0", "--web-password-file", tmp_path / "web")
    url = f"http://127.0.0.1:{running.url.rstrip('/').rpartition(':')[2]}/"
    page = tab(color_scheme="dark")
    page.goto(url)
    assert Axe().run(page).response["violations"] == []
    page.keyboard.type("wrong horse")
    page.keyboard.press("Enter")
    page.get_by_text("That is not the password.").wait_for()
    page.locator("#password").fill("correct horse")
    page.keyboard.press("Enter")
    page.wait_for_selector("#state[data-state=live]")
    (cookie,) = page.context.cookies()
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_selector("#password")
    page.goto(url)
    page.wait_for_selector("#password")
