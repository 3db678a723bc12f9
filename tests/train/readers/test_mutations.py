"""Whatever happened to a file: a good result or a clear sentence, and no picture is lost."""

from __future__ import annotations

import json
import os
import random
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.box import Box
from edge.errors import LocalizerError
from train.readers.data import read_collection, read_data

NAMES = [f"{letter}.png" for letter in "abcd"]


def voc(folder: Path) -> list[Path]:
    files = []
    for name in NAMES:
        path = folder / "annotations" / f"{Path(name).stem}.xml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            f"<annotation verified='yes'><filename>{name}</filename>"
            "<size><width>80</width><height>60</height><depth>3</depth></size>"
            "<object><name>cat</name><bndbox><xmin>8</xmin><ymin>6</ymin><xmax>40</xmax>"
            "<ymax>30</ymax></bndbox></object>\n</annotation>"
        )
        files.append(path)
    return files


def coco(folder: Path) -> list[Path]:
    images = [
        {"id": n, "file_name": name, "width": 80, "height": 60} for n, name in enumerate(NAMES)
    ]
    boxes = [
        {"id": n, "image_id": n, "category_id": 1, "bbox": [8, 6, 32, 24], "iscrowd": 0}
        for n in range(len(NAMES))
    ]
    content = {
        "images": images, "annotations": boxes, "categories": [{"id": 1, "name": "cat"}],
    }  # fmt: skip
    path = folder / "instances.json"
    path.write_text(json.dumps(content, indent=1))
    return [path]


def yolo(folder: Path) -> list[Path]:
    (folder / "labels").mkdir()
    files = [folder / "data.yaml"]
    files[0].write_text("train: images\nnames:\n  0: cat\n  1: dog\n")
    for name in NAMES:
        files.append(folder / "labels" / f"{Path(name).stem}.txt")
        files[-1].write_text("0 0.3 0.3 0.4 0.4\n1 0.3 0.3 0.4 0.4\n")
    return files


def label_studio(folder: Path) -> list[Path]:
    value = {"x": 10, "y": 10, "width": 40, "height": 40, "rotation": 15, "rectanglelabels": ["c"]}
    region = {"id": "r", "type": "rectanglelabels", "original_width": 80, "original_height": 60,
              "image_rotation": 0, "value": value}  # fmt: skip
    tasks = [
        {"id": n, "data": {"image": f"/data/upload/1/12345678-{name}"},
         "annotations": [{"was_cancelled": False, "ground_truth": False, "result": [region]}]}
        for n, name in enumerate(NAMES)
    ]  # fmt: skip
    path = folder / "export.json"
    path.write_text(json.dumps(tasks, indent=1))
    return [path]


TABLES = {
    "open images": (
        "image_id,x_min,x_max,y_min,y_max,class_name,folder\n",
        "{stem},0.1,0.5,0.1,0.5,cat,images\n",
    ),
    "digits": ("", "images/{name},7,0.1,0.1,0.5,0.5\n"),
    "pixels": ("filename,x1,y1,x2,y2,label\n", "{name},8,6,40,30,cat\n{name},9,6,40,30,cat\n"),
    "selfies": ("path,box\n", '{name},"[8, 6, 40, 30]"\n'),
    "annotator": ("image,id,name,xMin,xMax,yMin,yMax\n", "{name},1,cat,8,40,6,30\n"),
}  # fmt: skip


def table(kind: str):
    def write(folder: Path) -> list[Path]:
        head, line = TABLES[kind]
        path = folder / "boxes.csv"
        rows = [line.format(name=name, stem=Path(name).stem) for name in NAMES]
        path.write_text(head + "".join(rows))
        return [path]

    return write


FORMATS = {
    "voc": voc,
    "coco": coco,
    "yolo": yolo,
    "label-studio": label_studio,
    **{f"csv {kind}": table(kind) for kind in TABLES},
}
_NASTY = [
    b"", b"\x00", b"\xff", b"\xef\xbb\xbf", b'"', b"'", b"<", b"&", b"{", b"}", b"[", b"]", b",",
    b"\n", b"-", b"1e999", b"NaN", b"-1", b"null", b"true", b"9" * 5000, b"[" * 3000, b"\\ud800",
    b"../../etc/passwd", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"\xe2\x80\xa8", b"0.5", b"100",
    b"a.png",
]  # fmt: skip


def mutated(data: bytes, random_: random.Random) -> bytes:
    """``data`` with a few things gone, put in, exchanged or doubled."""
    for _ in range(random_.randint(1, 3)):
        at, to = sorted(random_.randint(0, len(data)) for _ in range(2))
        change = random_.randrange(7)
        words = [match.span() for match in re.finditer(rb"[\w.]+", data)]
        if change == 0:
            data = data[:at] + data[to:]
        elif change == 1:
            data = data[:at] + random_.choice(_NASTY) + data[at:]
        elif change == 2 and words:
            start, end = random_.choice(words)
            data = data[:start] + random_.choice(_NASTY) + data[end:]
        elif change == 3 and words:
            (a, b), (c, d) = random_.choice(words), random_.choice(words)
            data = data[:a] + data[c:d] + data[b:]
        elif change == 4:
            data = data[:at]
        elif change == 5:
            lines = data.split(b"\n")
            lines.insert(random_.randrange(len(lines)), random_.choice(lines))
            data = b"\n".join(lines)
        elif data:
            place = random_.randrange(len(data))
            data = (
                data[:place] + bytes([data[place] ^ 1 << random_.randrange(8)]) + data[place + 1 :]
            )
    return data


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pictures") / "images"
    folder.mkdir()
    for shade, name in enumerate(NAMES):
        cv2.imwrite(str(folder / name), np.full((60, 80, 3), 40 * shade, np.uint8))
    return folder


@contextmanager
def a_set(pictures: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "images").mkdir()
        for name in NAMES:
            os.link(pictures / name, Path(folder) / "images" / name)
        yield Path(folder)


def held_together(folder: Path, data_format: str | None) -> None:
    """Read the set: every picture is used or named, every box lies in its picture."""
    try:
        found = read_data(folder, data_format)
    except LocalizerError as error:
        assert str(error).isprintable()
        # where it is about the pictures, the file that spoils them is named
        if "holds no labelled picture" in str(error):
            assert "refused, the first because" in str(error)
        return
    used = {example.path for example in found.examples}
    named = {fault.picture for fault in found.refused}
    assert used | named >= {folder / "images" / name for name in NAMES}
    assert not used & named
    for example in found.examples:
        if example.box is not None:
            assert example.label is not None
            assert example.box.clipped() == example.box
            assert example.box.area > 0
    for fault in found.refused:
        assert str(fault).isprintable(), repr(str(fault))
        assert not str(fault).endswith(".")


@pytest.mark.parametrize("name", FORMATS)
def test_the_unchanged_set_is_good(pictures: Path, name: str) -> None:
    with a_set(pictures) as folder:
        FORMATS[name](folder)
        found = read_collection(folder)
        assert found.data_format == name.split(maxsplit=1)[0]
        assert (len(found.pictures), found.refused) == (len(NAMES), [])


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), told=st.booleans())
def test_a_mutated_file_gives_a_sentence_or_a_good_result(
    pictures: Path, name: str, seed: int, told: bool
) -> None:
    random_ = random.Random(seed)
    with a_set(pictures) as folder:
        files = FORMATS[name](folder)
        victim = random_.choice(files)
        victim.write_bytes(mutated(victim.read_bytes(), random_))
        held_together(folder, name.split(maxsplit=1)[0] if told else None)


@settings(max_examples=200)
@given(
    edges=st.lists(
        st.one_of(st.floats(), st.integers(-200, 200), st.none(), st.text(max_size=5)),
        min_size=4,
        max_size=4,
    ),
    label=st.one_of(st.text(max_size=8), st.none(), st.integers()),
)
def test_any_values_of_a_box_give_a_sentence_or_a_good_result(
    pictures: Path, edges: list[object], label: object
) -> None:
    with a_set(pictures) as folder:
        (path,) = coco(folder)
        content = json.loads(path.read_text())
        content["annotations"][1]["bbox"] = edges
        content["categories"].append({"id": 2, "name": label})
        content["annotations"][2]["category_id"] = 2
        path.write_text(json.dumps(content))
        held_together(folder, None)


@settings(max_examples=100)
@given(seed=st.integers(0, 2**32))
def test_a_mutated_picture_is_used_or_named(pictures: Path, seed: int) -> None:
    random_ = random.Random(seed)
    with a_set(pictures) as folder:
        voc(folder)
        victim = folder / "images" / random_.choice(NAMES)
        data = victim.read_bytes()
        victim.unlink()  # it is a link to the picture of all examples
        victim.write_bytes(mutated(data, random_))
        held_together(folder, None)


def test_a_good_box_stays_as_it_is(pictures: Path) -> None:
    with a_set(pictures) as folder:
        voc(folder)
        boxes = {example.box for example in read_data(folder).examples}
    assert boxes == {Box(8 / 80, 6 / 60, 40 / 80, 30 / 60)}
