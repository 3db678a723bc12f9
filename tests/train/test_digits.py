"""Digits lie where their boxes are, and damaged files are refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edge.errors import LocalizerError
from edge.image import read_image
from train.cli import main
from train.digits import read_digits, read_idx, write_digits
from train.readers.data import read_data


def idx(array: np.ndarray) -> bytes:
    """``array`` as the bytes of an idx file."""
    sides = b"".join(side.to_bytes(4, "big") for side in array.shape)
    return bytes((0, 0, 8, array.ndim)) + sides + array.tobytes()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Twelve white digits of 28 pixels, as MNIST's test files."""
    folder = tmp_path / "idx"
    folder.mkdir()
    images = np.full((12, 28, 28), 255, np.uint8)
    labels = np.arange(12, dtype=np.uint8) % 10
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx(labels))
    return folder


def test_a_drawn_set_reads_back_with_exact_boxes(files: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main, ["synth", "mnist", str(tmp_path / "set"), "--count", "12", "--idx", str(files)]
    )
    assert result.exit_code == 0, result.output
    found = read_data(tmp_path / "set")
    assert found.refused == []
    assert [example.label for example in found.examples] == [str(n % 10) for n in range(12)]
    for example in found.examples:
        picture = read_image(example.path)
        assert picture.shape == (100, 100, 3)
        rows, columns = np.nonzero(picture[..., 0])
        assert example.box is not None
        assert example.box.in_pixels(100, 100) == (
            columns.min(), rows.min(), columns.max() + 1, rows.max() + 1,
        )  # fmt: skip


def test_a_picture_is_grey_and_its_line_has_no_head(files: Path, tmp_path: Path) -> None:
    write_digits(tmp_path / "set", read_digits(files), count=3, seed=0)
    import cv2

    one = tmp_path / "set" / "images" / "digit_00000.png"
    assert cv2.imread(str(one), cv2.IMREAD_UNCHANGED).shape == (100, 100)
    first = (tmp_path / "set" / "digits.csv").read_text().splitlines()[0].split(",")
    assert first[:2] == ["images/digit_00000.png", "0"]


def test_a_folder_whose_name_is_no_utf8_is_filled_all_the_same(files: Path, tmp_path: Path) -> None:
    write_digits(tmp_path / "\udcff", read_digits(files), count=1, seed=0)
    assert read_image(tmp_path / "\udcff" / "images" / "digit_00000.png").shape == (100, 100, 3)


def test_the_same_seed_draws_the_same_places(files: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 4), ("b", 4), ("c", 5)):
        write_digits(tmp_path / name, read_digits(files), count=12, seed=seed)
    a, b, c = ((tmp_path / name / "digits.csv").read_text() for name in "abc")
    assert a == b != c


def test_more_pictures_than_digits_are_refused(files: Path, tmp_path: Path) -> None:
    with pytest.raises(LocalizerError, match="there are 12 digits and 13 pictures are wanted"):
        write_digits(tmp_path / "set", read_digits(files), count=13, seed=0)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data + b"0",
        lambda data: data[:9],
        lambda data: b"\x00\x00\x0d" + data[3:],
        lambda data: b"",
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, damage) -> None:
    path = tmp_path / "t10k-images-idx3-ubyte"
    path.write_bytes(damage(idx(np.zeros((2, 28, 28), np.uint8))))
    with pytest.raises(LocalizerError, match="is no idx file of bytes in 3 dimensions, or it is"):
        read_idx(path, 3)


def test_a_file_that_only_claims_to_be_packed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(b"not packed")
    with pytest.raises(LocalizerError, match="cannot be read .* download it again"):
        read_idx(path, 3)


def test_a_folder_without_digits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalizerError, match="has no idx files; put t10k-images-idx3-ubyte.gz"):
        read_digits(tmp_path)
