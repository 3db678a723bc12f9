"""A person labels in a real browser, and the files say exactly that."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from edge.box import Box
from edge.collected import Note
from edge.image import write_image
from edge.observation import Localization
from train.readers.data import read_data


def told(folder, number):
    """Class and edges in the XML of a picture; None where nothing is there."""
    root = ET.parse(folder / f"{number:05d}.xml").getroot()
    assert root.findtext("size/width") == "320" and root.findtext("size/height") == "240"
    found = root.findall("object")
    if not found:
        return None
    (thing,) = found
    names = ("xmin", "ymin", "xmax", "ymax")
    return thing.findtext("name"), *(int(thing.findtext(f"bndbox/{name}")) for name in names)


def test_ten_pictures_are_labelled_by_mouse_and_keys(label_page, person, pictures):
    folder = pictures(10)
    boxes = [(20 + 9 * n, 30 + 5 * n, 150 + 11 * n, 120 + 9 * n) for n in range(10)]
    with label_page(folder, "--classes", "star,disc") as address:
        hand = person(address)
        for number, box in enumerate(boxes):
            hand.shown(number)
            if number == 4:
                hand.press("0")
            else:
                hand.drag(box[:2], box[2:])
                hand.press("1" if number % 2 else "2")
            if number < 9:
                hand.press("Enter")
        hand.saved()
        hand.counted("10 of 10, 10 labelled")
    for number, box in enumerate(boxes):
        wanted = None if number == 4 else ("star" if number % 2 else "disc", *box)
        assert told(folder, number) == wanted
    found = read_data(folder)
    assert len(found.examples) == 10 and not found.refused


@pytest.mark.parametrize("keys", ["", "++", "++++++++", "----"])
def test_a_box_is_right_to_the_pixel_at_any_zoom(keys, label_page, person, pictures):
    folder = pictures(1)
    with label_page(folder, "--classes", "star") as address:
        hand = person(address)
        hand.press(*keys)
        scale = hand.page.locator("#sheet").bounding_box()["width"] / 320
        # what of the picture is in sight, so that a hand reaches it
        left, top, right, bottom = (140, 100, 181, 137)
        hand.drag((left, top), (right, bottom))
        shown = [int(hand.page.locator(f"#{edge}").input_value())
                 for edge in ("left", "top", "right", "bottom")]  # fmt: skip
        if scale >= 1:
            assert shown == [left, top, right, bottom]
        # less than a screen pixel each: the keys do what no mouse can
        for edge, key, back in ((0, "Control+ArrowRight", "Control+ArrowLeft"),
                                (1, "Control+ArrowDown", "Control+ArrowUp"),
                                (2, "Shift+ArrowRight", "Shift+ArrowLeft"),
                                (3, "Shift+ArrowDown", "Shift+ArrowUp")):  # fmt: skip
            apart = (left, top, right, bottom)[edge] - shown[edge]
            assert abs(apart) <= 0.5 / scale + 0.5
            hand.press(*[key if apart > 0 else back] * abs(apart))
        hand.saved()
    assert told(folder, 0) == ("star", left, top, right, bottom)


def test_a_large_photo_gets_all_its_pixels_when_it_is_zoomed(label_page, person, tmp_path):
    folder = tmp_path / "large"
    folder.mkdir()
    stripes = np.zeros((900, 3200, 3), np.uint8)
    stripes[:, ::2] = 255
    write_image(folder / "stripes.png", stripes)
    with label_page(folder, "--classes", "star") as address:
        hand = person(address)
        natural = "document.getElementById('picture').naturalWidth"
        assert hand.page.evaluate(natural) == 1600
        width = hand.page.locator("#sheet").bounding_box()["width"]
        assert width < 1100
        hand.press(*"++++++")
        while hand.page.evaluate(natural) != 3200:
            pass
        sheet = hand.page.locator("#sheet").bounding_box()
        scale = sheet["width"] / 3200
        stage = hand.page.locator("#stage").bounding_box()
        x, y = stage["x"] + 100, stage["y"] + 100
        hand.page.mouse.move(x, y)
        hand.page.mouse.down()
        hand.page.mouse.move(x + 200, y + 150, steps=3)
        hand.page.mouse.up()
        hand.saved()
    (picture,) = read_data(folder).examples
    assert abs(picture.box.width * 3200 - 200 / scale) <= 1
    assert abs(picture.box.left * 3200 - (x - sheet["x"]) / scale) <= 1


def test_edges_corners_and_the_middle_are_taken_by_the_mouse(label_page, person, pictures):
    folder = pictures(1)
    with label_page(folder, "--classes", "star") as address:
        hand = person(address)
        hand.drag((100, 80), (200, 180))
        hand.drag((100, 130), (90, 130))  # left edge
        hand.drag((150, 180), (150, 200))  # lower edge
        hand.drag((200, 80), (220, 60))  # a corner
        hand.drag((150, 130), (155, 125))  # the middle
        hand.press("ArrowLeft", "ArrowUp", "Shift+ArrowRight")
        hand.saved()
        assert hand.page.locator("#right").input_value() == "225"
    assert told(folder, 0) == ("star", 94, 54, 225, 194)


def test_undo_goes_back_through_everything(label_page, person, pictures):
    folder = pictures(2)
    with label_page(folder, "--classes", "star,disc") as address:
        hand = person(address)
        hand.drag((10, 10), (60, 60))
        hand.press("ArrowRight", "ArrowRight", "2", "Enter")
        hand.shown(1)
        hand.press("0", "z")
        hand.press("z")
        hand.shown(0)
        hand.page.wait_for_selector("#tag:text-is('star')")
        hand.press("z")
        hand.saved()
        assert told(folder, 0) == ("star", 10, 10, 60, 60)
        hand.press("z")
        hand.page.wait_for_selector("#undo:disabled")
        hand.saved()
        hand.counted("1 of 2, 0 labelled")
    assert not list(folder.glob("*.xml"))


def test_the_work_goes_on_where_it_stopped(label_page, person, pictures):
    folder = pictures(6)
    with label_page(folder, "--classes", "star") as address:
        hand = person(address)
        for number in range(3):
            hand.shown(number)
            hand.drag((10, 10), (60, 60))
            hand.press("Enter")
        hand.shown(3)
        hand.saved()
        hand.page.wait_for_load_state("networkidle")
    with label_page(folder) as address:
        hand = person(address)
        hand.shown(3)
        assert hand.page.locator(".class").all_inner_texts() == ["1 star"]
        hand.press("p")
        hand.shown(2)
        assert hand.page.locator("#left").input_value() == "10"
        hand.press("u")
        hand.shown(3)


def test_two_tabs_never_overwrite_each_other(label_page, person, pictures):
    folder = pictures(1)
    with label_page(folder, "--classes", "star") as address:
        one, other = person(address), person(address)
        one.drag((10, 10), (60, 60))
        one.saved()
        other.drag((100, 100), (160, 160))
        other.page.wait_for_selector("#note.bad")
        assert "labelled elsewhere meanwhile" in other.page.inner_text("#note")
        assert other.page.locator("#left").input_value() == "10"
        assert told(folder, 0) == ("star", 10, 10, 60, 60)
        other.drag((100, 100), (160, 160))
        other.saved()
    assert told(folder, 0) == ("star", 100, 100, 160, 160)


def test_a_class_can_be_named_on_the_page(label_page, person, pictures):
    folder = pictures(1)
    with label_page(folder) as address:
        hand = person(address)
        hand.drag((10, 10), (60, 60))
        assert "Name the class" in hand.page.inner_text("#note")
        hand.page.keyboard.type("Grüne <b>Katze</b>")
        hand.press("Enter")
        hand.saved()
        assert hand.page.inner_text("#tag") == "Grüne <b>Katze</b>"
    assert told(folder, 0) == ("Grüne <b>Katze</b>", 10, 10, 60, 60)


def test_what_a_device_collected_is_shown_with_its_box_the_doubtful_first(
    label_page, person, pictures
):
    folder = pictures(3)
    for number, presence in ((0, 0.99), (2, 0.6)):
        found = Localization(Box(0.25, 0.25, 0.5, 0.75), "cat", 0.9)
        note = Note("unsure", "2026-01-01T00:00:00.000Z", 5, 7, presence, found, None)
        (folder / f"{number:05d}.json").write_text(note.to_json())
    with label_page(folder) as address:
        hand = person(address)
        assert "Proposed: cat, 60 % sure" in hand.page.inner_text("#note")
        assert hand.page.locator("#box.proposed").is_visible()
        hand.press("Enter")
        hand.shown(1)
        hand.drag((80, 100), (70, 100))  # an edge of the proposed box
        hand.saved()
    assert told(folder, 2) == ("cat", 80, 60, 160, 180)
    assert told(folder, 0) == ("cat", 70, 60, 160, 180)
    assert not (folder / "00001.xml").exists()


def test_of_ten_thousand_pictures_few_are_in_the_page(label_page, person, pictures):
    folder = pictures(1)
    for number in range(1, 10_000):
        (folder / f"{number:05d}.jpg").hardlink_to(folder / "00000.jpg")
    with label_page(folder, "--classes", "star") as address:
        hand = person(address)
        assert hand.page.locator(".thumb").count() < 40
        hand.page.evaluate("document.getElementById('strip').scrollLeft = 500000")
        hand.page.locator('.thumb[aria-label^="Picture 5001:"]').click()
        hand.shown(5000)
        assert hand.page.locator(".thumb").count() < 40
        hand.press("0")
        hand.saved()
    assert told(folder, 5000) is None
    assert json.loads((folder / ".edge-label/state.json").read_text())["position"] == "05000.jpg"


def test_a_picture_that_is_broken_is_told_and_passed_by(label_page, person, pictures):
    folder = pictures(3)
    (folder / "00001.jpg").write_bytes((folder / "00001.jpg").read_bytes()[:900])
    with label_page(folder, "--classes", "star") as address:
        hand = person(address)
        hand.press("n")
        hand.shown(1)
        assert re.search(r"cannot be shown: .*cut short", hand.page.inner_text("#note"))
        hand.press("0", "1", "ArrowLeft", "n")
        hand.shown(2)
    assert not list(folder.glob("*.xml"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1100, 760), (390, 844)])
def test_axe_finds_nothing(scheme, size, label_page, person, pictures):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    folder = pictures(3)
    with label_page(folder, "--classes", "star,disc") as address:
        hand = person(address, *size, color_scheme=scheme)
        hand.drag((10, 10), (60, 60))
        hand.saved()
        # axe's own script is injected by the tool, not by the page
        found = axe.Axe().run(hand.page)
        assert found.response["passes"]
        assert [one["id"] for one in found.response["violations"]] == []


def test_a_finger_draws_on_a_phone(label_page, person, pictures):
    folder = pictures(1)
    with label_page(folder, "--classes", "star") as address:
        hand = person(address, 390, 844, has_touch=True, is_mobile=True)
        session = hand.page.context.new_cdp_session(hand.page)
        for kind, place in (("touchStart", (40, 40)), ("touchMove", (100, 90)),
                            ("touchMove", (200, 160)), ("touchEnd", None)):  # fmt: skip
            points = [dict(zip("xy", hand.place(*place), strict=True))] if place else []
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        hand.saved()
        width = hand.page.evaluate("document.documentElement.scrollWidth")
    assert width == 390
    label, *edges = told(folder, 0)
    assert label == "star"
    assert all(abs(a - b) <= 1 for a, b in zip(edges, (40, 40, 200, 160), strict=True))
