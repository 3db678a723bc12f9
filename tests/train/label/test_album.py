from __future__ import annotations

import subprocess
import threading

import pytest

from edge.box import Box
from edge.errors import LocalizerError
from train.label.album import Album, Stale
from train.label.said import EMPTY
from train.readers.data import read_collection
from train.readers.settle import Thing

CAT = Thing("cat", Box(0.25, 0.25, 0.5, 0.75))


def test_what_is_written_is_what_every_reader_reads(pictures):
    folder = pictures(2)
    album = Album(folder)
    album.write(0, album.read(0)[1], CAT)
    album.write(1, album.read(1)[1], None)
    found = read_collection(folder)
    assert [list(one.things) for one in found.pictures] == [[CAT], []]
    assert album.states(0, 9) == ["cat", EMPTY] == Album(folder).states(0, 9)


def test_annotations_beside_images_go_where_the_others_are(pictures, tmp_path):
    images = pictures(1)
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "annotations").mkdir()
    images.rename(tmp_path / "whole" / "images")
    album = Album(tmp_path / "whole")
    album.write(0, album.read(0)[1], CAT)
    assert (tmp_path / "whole/annotations/00000.xml").exists()


def test_of_many_writers_at_once_each_version_is_taken_once(pictures):
    album = Album(pictures(1))
    version = album.read(0)[1]
    outcomes = []

    def write(number):
        try:
            outcomes.append(album.write(0, version, Thing(f"class {number}", CAT.box)))
        except Stale:
            outcomes.append(None)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 8 and sum(one is not None for one in outcomes) == 1
    assert album.read(0)[1] in outcomes


FOREIGN = """<annotation><filename>00000.jpg</filename>
<size><width>320</width><height>240</height><depth>3</depth></size>{}</annotation>"""
OBJECT = """<object><name>{}</name><pose>Left</pose><bndbox><xmin>{}</xmin><ymin>10</ymin>
<xmax>100</xmax><ymax>90</ymax></bndbox></object>"""


def test_what_another_tool_wrote_is_kept_aside_before_it_is_written_over(pictures):
    folder = pictures(1)
    text = FOREIGN.format(OBJECT.format("dog", 10))
    (folder / "00000.xml").write_text(text)
    album = Album(folder)
    version = album.write(0, album.read(0)[1], CAT)
    album.write(0, version, None)
    kept = list((folder / ".edge-label/before").iterdir())
    assert [path.read_text() for path in kept] == [text]


def test_each_version_of_another_tool_is_kept_aside(pictures):
    folder = pictures(1)
    album = Album(folder)
    texts = [FOREIGN.format(OBJECT.format(label, 10)) for label in ("dog", "cow", "hen", "cow")]
    for text in texts[:2]:
        (folder / "00000.xml").write_text(text)
        album.write(0, album.read(0)[1], CAT)
    for text in texts[2:]:
        (folder / "00000.xml").write_text(text)
        album.forget(0, album.read(0)[1])
    before = folder / ".edge-label/before"
    kept = {path.name: path.read_text() for path in before.iterdir()}
    assert kept == dict(zip(["00000.xml", "00000.2.xml", "00000.3.xml"], texts[:3], strict=True))


def test_of_several_saves_beside_another_tools_objects_only_its_own_version_is_kept(pictures):
    folder = pictures(1)
    text = FOREIGN.format(OBJECT.format("small", 80) + OBJECT.format("large", 10))
    (folder / "00000.xml").write_text(text)
    album = Album(folder)
    version = album.read(0)[1]
    for label in ("cat", "dog", "cow"):
        version = album.write(0, version, Thing(label, CAT.box))
    album.forget(0, version)
    assert [path.read_text() for path in (folder / ".edge-label/before").iterdir()] == [text]


def test_an_annotation_is_read_and_written_whatever_the_case_of_its_suffix(pictures):
    folder = pictures(1)
    (folder / "00000.XML").write_text(FOREIGN.format(OBJECT.format("dog", 10)))
    album = Album(folder)
    assert album.states(0, 1) == ["dog"]
    album.write(0, album.read(0)[1], CAT)
    assert sorted(path.name for path in folder.glob("0*")) == ["00000.XML", "00000.jpg"]
    assert [list(one.things) for one in read_collection(folder).pictures] == [[CAT]]


def test_an_annotation_that_comes_while_the_page_runs_is_seen_whatever_the_case_of_its_suffix(
    pictures,
):
    folder = pictures(1)
    album = Album(folder)
    for suffix in ("XML", "Xml", "xml"):
        assert album.read(0)[0].things is None
        other = folder / f"00000.{suffix}"
        other.write_text(FOREIGN.format(OBJECT.format("dog", 10)))
        said, version = album.read(0)
        assert said.thing.label == "dog" and album.states(0, 1) == ["dog"]
        album.write(0, version, CAT)
        assert [path.name for path in folder.glob("0*") if path.suffix != ".jpg"] == [other.name]
        other.unlink()


def test_other_objects_of_a_picture_stay(pictures):
    folder = pictures(1)
    text = FOREIGN.format(OBJECT.format("small", 80) + OBJECT.format("large", 10))
    (folder / "00000.xml").write_text(text)
    album = Album(folder)
    said, version = album.read(0)
    assert said.thing.label == "large" and album.classes == ["large"]
    version = album.write(0, version, CAT)
    assert [thing.label for thing in album.read(0)[0].things] == ["small", "cat"]
    with pytest.raises(LocalizerError, match="has 2 objects, of which the page shows one"):
        album.write(0, version, None)


def test_an_annotation_that_cannot_be_read_is_told_and_kept_aside(pictures):
    folder = pictures(1)
    (folder / "00000.xml").write_text("<annotation><object>")
    album = Album(folder)
    said, version = album.read(0)
    assert "is not readable XML" in said.fault and album.labelled == 0
    album.write(0, version, CAT)
    assert album.labelled == 1
    assert (folder / ".edge-label/before/00000.xml").read_text() == "<annotation><object>"


def test_a_class_that_xml_cannot_hold_is_refused_and_nothing_is_written(pictures):
    folder = pictures(1)
    album = Album(folder)
    with pytest.raises(LocalizerError, match=r"'\\uffff' has a character that XML cannot hold"):
        album.write(0, album.read(0)[1], Thing("\uffff", CAT.box))
    assert not list(folder.glob("*.xml"))


def test_a_change_from_outside_is_not_written_over(pictures):
    folder = pictures(1)
    album = Album(folder)
    version = album.read(0)[1]
    (folder / "00000.xml").write_text(FOREIGN.format(""))
    with pytest.raises(Stale):
        album.write(0, version, CAT)
    with pytest.raises(Stale):
        album.forget(0, version)


def test_a_class_may_have_the_name_of_a_state(pictures):
    folder = pictures(3)
    album = Album(folder)
    names = ["nothing there", "cannot be read"]
    for number, name in enumerate(names):
        album.write(number, album.read(number)[1], Thing(name, CAT.box))
    album.write(2, album.read(2)[1], None)
    again = Album(folder)
    assert again.states(0, 3) == [*names, EMPTY] and again.labelled == 3
    assert sorted(again.classes) == sorted(names)


def test_a_picture_that_was_deleted_meanwhile_gets_no_label(pictures):
    folder = pictures(1)
    album = Album(folder)
    version = album.write(0, album.read(0)[1], CAT)
    album.forget(0, version)
    version = album.read(0)[1]
    (folder / "00000.jpg").unlink()
    for thing in (CAT, None):
        with pytest.raises(LocalizerError, match="00000.jpg is gone; put it back, or go on"):
            album.write(0, version, thing)
    assert not list(folder.glob("*.xml"))


def test_a_full_disk_changes_nothing(pictures, small_disk, filled):
    source = pictures(1) / "00000.jpg"
    (small_disk / source.name).write_bytes(source.read_bytes())
    album = Album(small_disk)
    version = album.write(0, album.read(0)[1], CAT)
    filled(small_disk)
    with pytest.raises(
        LocalizerError, match="cannot be written: No space left.*make room, nothing"
    ):
        album.write(0, version, Thing("dog" * 60, CAT.box))
    assert album.read(0)[0].thing == CAT
    assert not list(small_disk.glob("*.part"))


def test_a_full_disk_keeps_what_another_tool_wrote_and_is_told(pictures, small_disk, filled):
    source = pictures(1) / "00000.jpg"
    (small_disk / source.name).write_bytes(source.read_bytes())
    text = FOREIGN.format(OBJECT.format("dog", 10)) + " " * 8192
    (small_disk / "00000.xml").write_text(text)
    album = Album(small_disk)
    version = album.read(0)[1]
    filled(small_disk)
    for change in (lambda: album.write(0, version, CAT), lambda: album.forget(0, version)):
        with pytest.raises(LocalizerError, match="before/00000.xml cannot be written: No space.*m"):
            change()
    assert (small_disk / "00000.xml").read_text() == text
    assert not list((small_disk / ".edge-label").glob("before/*"))


def test_a_disk_that_turns_read_only_is_told_without_asking_for_room(pictures, mounted):
    source, disk = pictures(1) / "00000.jpg", mounted("card", "size=1m")
    (disk / source.name).write_bytes(source.read_bytes())
    album = Album(disk)
    version = album.write(0, album.read(0)[1], CAT)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    told = "00000.xml cannot be written: Read-only file system; make its folder writable, no"
    for change in (lambda: album.write(0, version, CAT), lambda: album.forget(0, version)):
        with pytest.raises(LocalizerError, match=told):
            change()


def test_a_folder_that_cannot_be_written_is_refused_at_the_start(pictures, mounted):
    source, disk = pictures(1) / "00000.jpg", mounted("card", "size=1m")
    (disk / source.name).write_bytes(source.read_bytes())
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    told = "Read-only file system; labels lie beside pictures, so make it writable"
    with pytest.raises(LocalizerError, match=told):
        Album(disk).__enter__()


def test_one_folder_is_labelled_by_one_process(pictures):
    folder = pictures(1)
    with Album(folder), pytest.raises(LocalizerError, match="labelled by another edge-train lab"):
        Album(folder).__enter__()
    with Album(folder):
        pass


def test_the_next_open_picture_is_looked_for_all_around(pictures):
    album = Album(pictures(3))
    album.write(1, album.read(1)[1], None)
    assert [album.next_unknown(at) for at in (-1, 0, 1, 2)] == [0, 2, 2, 0]
    for number in (0, 2):
        album.write(number, album.read(number)[1], None)
    assert album.next_unknown(0) is None
