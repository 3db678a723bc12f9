import asyncio
import json
import struct
from dataclasses import replace

import numpy as np
import pytest

from edge.board import Health
from edge.image import decoded
from edge.liveness import Verdict
from edge.web import live as module
from edge.web.live import Facts, Live, Viewer, jpeg, packed


@pytest.fixture
def facts():
    verdict = Verdict(True, True, True, "the last frame was answered 0.0 s ago")
    return Facts(lambda: 29.96, lambda: Health(61.2, 0), lambda: verdict, lambda: 0.5, print)


@pytest.fixture
def encoded(monkeypatch):
    """The pictures that were encoded."""
    pictures = []

    def encode(pixels):
        pictures.append(pixels)
        return jpeg(pixels)

    monkeypatch.setattr(module, "jpeg", encode)
    return pictures


def unpacked(message):
    (length,) = struct.unpack(">H", message[:2])
    return json.loads(message[2 : 2 + length]), decoded(message[2 + length :], "message")


def test_nothing_is_encoded_while_nobody_looks(facts, encoded, seen):
    live = Live(facts)
    assert not any(live.wanted(seen(index)) for index in range(100))
    assert encoded == []


def test_one_encoding_serves_all_who_look_and_the_box_comes_with_its_picture(facts, encoded, seen):
    pixels = np.full((48, 64, 3), (200, 30, 30), np.uint8)

    async def looked():
        live = Live(facts)
        viewers = [await live.enter() for _ in range(3)]
        observation = replace(seen(7, pixels=pixels), event="appeared")
        assert live.wanted(observation)
        await asyncio.to_thread(live.write, observation)
        return [await viewer.next() for viewer in viewers]

    messages = asyncio.run(looked())
    assert len(encoded) == 1 and len(set(messages)) == 1
    head, picture = unpacked(messages[0])
    assert head["index"] == 7
    assert head["shown"] == {"box": [0.25, 0.5, 0.75, 1], "label": "red", "score": 0.75}
    assert (head["presence"], head["threshold"], head["fps"]) == (0.9, 0.5, 30.0)
    assert [(one["event"], one["label"]) for one in head["events"]] == [("appeared", "red")]
    assert picture.shape == pixels.shape and abs(picture.astype(int) - pixels).max() < 8


def test_who_comes_sees_the_newest_picture_at_once(facts, encoded, seen):
    async def looked():
        live = Live(facts)
        live.wanted(seen(1))
        live.wanted(seen(2))
        return await (await live.enter()).next()

    assert unpacked(asyncio.run(looked()))[0]["index"] == 2
    assert len(encoded) == 1


def test_fifteen_pictures_of_a_second_are_wanted(facts, seen):
    async def wanted(rate):
        live = Live(facts)
        await live.enter()
        frames = [seen(number, answered_at=50 + number / rate) for number in range(10 * rate)]
        return sum(map(live.wanted, frames))

    for rate, count in ((5, 50), (15, 150), (20, 150), (30, 150), (100, 150)):
        assert asyncio.run(wanted(rate)) == pytest.approx(count, abs=3), rate


def test_what_the_model_withheld_is_told_beside_what_is_shown(facts, seen):
    observation = seen(presence=0.25)
    answer = replace(observation.answer, found=None, withheld=observation.answer.found)

    async def looked():
        live = Live(facts)
        live.wanted(replace(observation, answer=answer))
        return await (await live.enter()).next()

    head, _ = unpacked(asyncio.run(looked()))
    assert head["shown"] is None and head["model"]["label"] == "red" and head["presence"] == 0.25


def test_a_slow_viewer_gets_the_newest_and_its_lost_pictures_are_counted():
    async def looked():
        viewer = Viewer()
        got = []
        for number in range(6):
            viewer.give(b"%d" % number)
            if number < 2:
                got.append(await viewer.next())  # two may be under way
        assert viewer.confirm()
        got.append(await viewer.next())
        return got, viewer.dropped

    assert asyncio.run(looked()) == ([b"0", b"1", b"5"], 3)


def test_more_than_two_unconfirmed_pictures_never_go_out():
    async def looked():
        viewer = Viewer()
        for number in range(3):
            viewer.give(b"%d" % number)
            task = asyncio.ensure_future(viewer.next())
            await asyncio.sleep(0)
            assert task.done() is (number < 2)
        viewer.confirm()
        assert await task == b"2"

    asyncio.run(looked())


def test_silence_counts_from_the_last_sign_of_life():
    clock = [10.0]

    async def looked():
        viewer = Viewer(now=lambda: clock[0])
        clock[0] = 100.0
        told = [viewer.silent_s]
        viewer.give(b"")
        await viewer.next()
        clock[0] = 103.0
        told.append(viewer.silent_s)
        assert viewer.confirm() and not viewer.confirm()
        return [*told, viewer.silent_s]

    assert asyncio.run(looked()) == [0.0, 3.0, 0.0]


def test_more_viewers_than_it_can_bear_are_turned_away_until_one_leaves(facts):
    async def looked():
        live = Live(facts, most=1)
        first = await live.enter()
        assert await live.enter() is None
        live.leave(first)
        assert await live.enter() is not None

    asyncio.run(looked())


def test_a_large_picture_is_made_smaller_for_the_page():
    assert decoded(jpeg(np.zeros((1080, 1920, 3), np.uint8)), "").shape == (540, 960, 3)
    assert decoded(jpeg(np.zeros((1920, 1, 3), np.uint8)), "").shape == (960, 1, 3)


def test_the_longest_labels_leave_the_head_below_its_two_bytes(facts, seen):
    async def looked():
        live = Live(facts)
        for number in range(20):
            live.wanted(replace(seen(number, label="\U0001f408" * 5000), event="moved"))
        return await (await live.enter()).next()

    assert unpacked(asyncio.run(looked()))[0]["index"] == 19
    assert packed({}, b"x") == b"\0\2{}x"
