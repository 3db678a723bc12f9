"""What a model sees is drawn and written down, and no picture is lost on the way."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edge.errors import LocalizerError
from edge.image import read_image, write_image
from edge.localizer import load_localizer
from edge.observation import Answer
from train.cli import main
from train.predict import pictures_of, told
from train.readers.data import read_data


def predicted(*arguments: object) -> str:
    result = CliRunner().invoke(main, ["predict", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def photos(tmp_path: Path, scene: Callable[..., np.ndarray]) -> Path:
    """Three pictures below a folder, one of them broken."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    write_image(folder / "red.png", scene(width=64, height=32, box=(16, 16, 48, 28)))
    write_image(folder / "more" / "blue.png", scene(colour=(0, 0, 255)))
    (folder / "broken.png").write_text("no picture")
    return folder


def test_boxes_labels_and_confidence_are_drawn_and_listed(
    tiny_model: Path, photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    said = predicted(tiny_model, photos, "--out", out)
    assert f"refused {photos}/broken.png" in said
    assert "2 boxes in 2 pictures, 1 refused" in said
    told = json.loads((out / "predictions.json").read_text())
    blue, red = told["predictions"]
    assert (blue["label"], red["label"]) == ("blue", "red")
    answer = load_localizer(tiny_model)[0](read_image(photos / "red.png")).found
    assert answer is not None
    assert red["box"] == pytest.approx(answer.box.edges, abs=1e-5)
    assert red["pixels"][2] == pytest.approx(red["box"][2] * 64, abs=0.01)
    assert red["score"] == pytest.approx(answer.score, abs=1e-4)
    drawn = read_image(out / blue["drawing"])
    assert drawn.shape == (32, 32, 3)
    assert not np.array_equal(drawn, read_image(photos / "more" / "blue.png"))
    assert told["refused"][0]["path"] == str(photos / "broken.png")


def test_the_table_reads_as_labels_again(tiny_model: Path, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    predicted(tiny_model, photos, "--out", out)
    rows = list(csv.DictReader((out / "predictions.csv").open()))
    assert [row["label"] for row in rows] == ["blue", "red"]
    found = read_data(out / "predictions.csv", "csv")
    assert {example.label for example in found.examples} == {"blue", "red"}


def test_where_nothing_is_there_the_picture_says_so(
    trained_run: Path, tmp_path: Path, scene: Callable[..., np.ndarray]
) -> None:
    write_image(tmp_path / "black.png", scene(box=(0, 0, 0, 0), width=320, height=240))
    predicted(trained_run, tmp_path / "black.png", "--out", tmp_path / "out")
    (one,) = json.loads((tmp_path / "out" / "predictions.json").read_text())["predictions"]
    drawn = read_image(tmp_path / "out" / one["drawing"])
    assert drawn.any()  # a box, or the words that there is none
    assert (one["box"] is None) == (one["label"] is None) == (one["score"] is None)


def test_pictures_that_cannot_be_named_or_read_are_told(
    tiny_model: Path, photos: Path, tmp_path: Path
) -> None:
    strange = photos / os.fsdecode(b"\xe9.png")
    (photos / "more" / "blue.png").rename(strange)
    (photos / "a.tiff").touch()
    said = predicted(tiny_model, photos, "--out", tmp_path / "out")
    assert rf"refused {photos}/\xe9.png: has a name that is not UTF-8; rename it" in said
    told = json.loads((tmp_path / "out" / "predictions.json").read_text())
    assert {one["path"] for one in told["refused"]} == {
        str(strange), str(photos / "a.tiff"), str(photos / "broken.png"),
    }  # fmt: skip


def test_two_pictures_of_one_name_are_both_kept(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write_image(tmp_path / folder / "1.png", np.zeros((8, 8, 3), np.uint8))
    names = pictures_of([tmp_path / "a", tmp_path / "b"])
    assert [str(name) for _, name in names] == ["1.png", "1-2.png"]


def test_an_existing_folder_is_kept(tiny_model: Path, photos: Path) -> None:
    result = CliRunner().invoke(
        main, ["predict", str(tiny_model), str(photos), "--out", str(photos)]
    )
    assert result.exit_code == 1
    assert "exists and is not overwritten" in result.output
    assert sorted(path.name for path in photos.iterdir()) == ["broken.png", "more", "red.png"]


def test_a_folder_of_broken_pictures_leaves_nothing(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_text("no picture")
    out = tmp_path / "out"
    result = CliRunner().invoke(
        main, ["predict", str(tiny_model), str(tmp_path / "broken.png"), "--out", str(out)]
    )
    assert result.exit_code == 1
    assert "none of the 1 pictures can be read, the first because" in result.output
    assert not out.exists()


@pytest.mark.parametrize("name", ["notes.txt", "gone.png"])
def test_what_is_no_picture_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(
        LocalizerError, match=r"pictures are folders, or files that end in .*" + name
    ):
        pictures_of([tmp_path / name])


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalizerError, match="no picture is there"):
        pictures_of([tmp_path])


def test_a_withheld_box_is_told_with_the_presence_that_it_has_and_the_one_that_it_wants(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notes: list[str] = []
    monkeypatch.setattr("train.predict.draw_note", lambda image, text: notes.append(text))
    told(np.zeros((200, 240, 3), np.uint8), Answer(None, 0.9871), 0.9902)
    assert notes == ["nothing: presence 0.9871 < 0.9902"]
