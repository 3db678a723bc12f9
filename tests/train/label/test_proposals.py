from __future__ import annotations

import pytest
from rich.console import Console

from edge.box import Box
from edge.collected import Note
from edge.errors import LocalizerError
from edge.image import write_image
from edge.observation import Localization
from train.label.job import album_of
from train.label.proposals import Proposal, asked, collected, haar, model

BOX = Box(0.25, 0.25, 0.5, 0.75)
CAT = Localization(BOX, "cat", 0.9)


def test_a_model_is_asked_once_and_remembered(tmp_path, scene, tiny_model):
    paths = []
    for number, box in enumerate([(8, 8, 24, 24), (0, 0, 0, 0)]):
        paths.append(tmp_path / f"{number}.png")
        write_image(paths[-1], scene(box))
    (tmp_path / "2.png").write_bytes(b"broken")
    paths.append(tmp_path / "2.png")
    ask, _ = model(tiny_model)
    calls = []

    def counted(image):
        calls.append(image)
        return ask(image)

    cache = tmp_path / ".edge-label" / "proposals.jsonl"
    first = asked(paths, counted, cache)
    assert first[paths[0]].seen.label == "red" and first[paths[1]].found is None
    assert paths[2] not in first
    with cache.open("a") as file:
        file.write('["cut sho')
    again = asked(paths, counted, cache)
    assert len(calls) == 2
    assert again[paths[0]].seen.box.iou(first[paths[0]].seen.box) > 0.99


def test_a_picture_that_is_gone_meanwhile_is_left_out(pictures):
    paths = sorted(pictures(2).iterdir())
    paths[0].unlink()
    said = asked(paths, lambda image: Proposal(0.9, CAT), paths[0].with_name("proposals"))
    assert said == {paths[1]: Proposal(0.9, CAT)}


def test_a_full_disk_is_told_before_the_page_opens(pictures, small_disk, filled):
    paths = list(pictures(1).iterdir())
    filled(small_disk)
    with pytest.raises(LocalizerError, match="No space left .* beside pictures, so make room$"):
        asked(paths, lambda image: Proposal(0.9, CAT), small_disk / "proposals")


def test_what_the_least_is_known_of_comes_first(pictures):
    folder = pictures(4)
    for number, presence in enumerate((0.99, 0.5, 0.8)):
        note = Note("unsure", "2026-01-01T00:00:00.000Z", 5, 7, presence, CAT, None)
        (folder / f"{number:05d}.json").write_text(note.to_json())
    album = album_of(folder, None, ("dog",), Console(quiet=True))
    assert [path.stem for path in album.paths] == ["00001", "00002", "00000", "00003"]
    assert album.classes == ["dog", "cat"]


@pytest.mark.parametrize(
    ("proposal", "seen", "certainty"),
    [
        (Proposal(0.9, CAT), CAT, 0.81),
        (Proposal(0.4, None, CAT), CAT, 0.6),
        (Proposal(0.1, None, CAT), None, 0.9),
    ],
)
def test_a_box_is_proposed_where_something_may_be(proposal, seen, certainty):
    assert proposal.seen == seen
    assert proposal.certainty == pytest.approx(certainty)


def test_notes_of_others_propose_nothing(pictures):
    folder = pictures(2)
    (folder / "00000.json").write_text('{"box": [1, 2, 3, 4]}')
    (folder / "00001.json").write_text("[" * 100_000)
    assert collected(sorted(folder.glob("*.jpg"))) == {}


def test_faces_are_proposed_without_a_model_or_it_is_told(scene):
    try:
        ask, name = haar()
    except LocalizerError as error:
        assert "opencv-python-headless<5" in str(error)
    else:
        assert name == "haar"
        assert ask(scene(width=64, height=64)).found is None
