from pathlib import Path

import pytest

from edge.errors import LocalizerError
from edge.looking import for_opencv, is_file, is_folder, is_there, is_utf8

TOO_LONG = Path(256 * "x")  # a file system's names end at 255 bytes


def test_a_file_a_folder_and_nothing_are_told_apart(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    places = [tmp_path, tmp_path / "file", tmp_path / "file" / "below", tmp_path / "link"]
    assert [is_folder(path) for path in places] == [True, False, False, False]
    assert [is_file(path) for path in places] == [False, True, False, False]
    assert [is_there(path) for path in places] == [True, True, False, False]


@pytest.mark.parametrize("asked", [is_file, is_folder, is_there])
def test_a_place_where_nobody_may_look_is_told(asked, tmp_path):
    (tmp_path / "round").symlink_to("round")
    for path, why in ((TOO_LONG, "File name too long"), (tmp_path / "round", "Too many levels")):
        with pytest.raises(LocalizerError, match=f"{path} cannot be looked at: {why}.*; name ano"):
            asked(path)


def test_a_name_that_opencv_would_die_of_is_told():
    assert for_opencv(Path("ü.mp4")) == "ü.mp4"
    assert not is_utf8("\udcff")
    with pytest.raises(LocalizerError, match=r"'\\udcff.mp4' is no UTF-8, which OpenCV can"):
        for_opencv(Path("\udcff.mp4"))
