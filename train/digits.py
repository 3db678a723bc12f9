"""Handwritten digits on black pictures: the data of the published synthetic-MNIST localizer."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from edge.errors import LocalizerError
from train.border import first_line

SIDE = 100
"""Pixels along each side of a picture."""
_PARTS = ("train", "t10k")

Pixels = npt.NDArray[np.uint8]
"""Digits, white on black, shape (digits, side, side)."""


def read_digits(folder: Path) -> tuple[Pixels, Pixels]:
    """Pixels and labels (0 to 9) of the idx files in ``folder``, those of training first.

    They are called as MNIST's own, ``train-images-idx3-ubyte`` and so on, with or without ``.gz``.
    Raises LocalizerError where they are absent or damaged.
    """
    if not folder.is_dir():
        raise LocalizerError(f"{folder} is not a folder; name the one with MNIST's idx files")
    pixels, labels = [], []
    for part in _PARTS:
        images = _file(folder, f"{part}-images-idx3-ubyte")
        names = _file(folder, f"{part}-labels-idx1-ubyte")
        if images is None or names is None:
            continue
        pixels.append(read_idx(images, 3))
        labels.append(read_idx(names, 1))
        if len(pixels[-1]) != len(labels[-1]):
            raise LocalizerError(
                f"{images} has {len(pixels[-1])} digits and {names} {len(labels[-1])} labels; "
                "download both again"
            )
    if not pixels:
        raise LocalizerError(
            f"{folder} has no idx files; put t10k-images-idx3-ubyte.gz and "
            "t10k-labels-idx1-ubyte.gz there, or leave --idx out and let Keras download them"
        )
    return np.concatenate(pixels), np.concatenate(labels)


def _file(folder: Path, name: str) -> Path | None:
    found = [path for path in (folder / name, folder / f"{name}.gz") if path.is_file()]
    return found[0] if found else None


def read_idx(path: Path, dimensions: int) -> Pixels:
    """The bytes of an idx file as an array of that many ``dimensions``."""
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise LocalizerError(f"{path} cannot be read ({error}); download it again") from error
    # two zeros, 8 for bytes, the number of dimensions; then each of them as four bytes
    start = 4 + 4 * dimensions
    shape = tuple(int.from_bytes(data[at : at + 4], "big") for at in range(4, start, 4))
    size = int(np.prod(shape, dtype=object))
    if data[:4] != bytes((0, 0, 8, dimensions)) or len(data) != start + size:
        raise LocalizerError(
            f"{path} is no idx file of bytes in {dimensions} dimensions, or it is cut short; "
            "download it again"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def keras_digits() -> tuple[Pixels, Pixels]:
    """All 70,000 digits as Keras downloads and keeps them."""
    import keras

    try:
        (pixels, labels), (more, more_labels) = keras.datasets.mnist.load_data()
    except Exception as error:  # no network, a broken file: Keras raises all kinds
        raise LocalizerError(
            f"Keras cannot get MNIST ({first_line(error)}); download the idx files and name their "
            "folder with --idx"
        ) from error
    return np.concatenate([pixels, more]), np.concatenate([labels, more_labels])


def write_digits(
    folder: Path,
    digits: tuple[Pixels, Pixels],
    count: int,
    seed: int,
    watch: Callable[[Iterable[int]], Iterable[int]] = lambda numbers: numbers,
) -> None:
    """Fill ``folder`` with the first ``count`` digits, each at a random place of a black picture.

    ``images/*.png`` are grey; ``digits.csv`` has no first line of names: file, label, xmin, ymin,
    xmax, ymax in fractions. The box is the digit's whole frame.
    """
    pixels, labels = digits
    if count > len(pixels):
        raise LocalizerError(
            f"there are {len(pixels)} digits and {count} pictures are wanted, each of another "
            "digit; lower --count"
        )
    (folder / "images").mkdir(parents=True)
    with (folder / "digits.csv").open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        for number in watch(range(count)):
            picture, box = placed(pixels[number], np.random.default_rng((seed, number)))
            name = f"images/digit_{number:05d}.png"
            # not imwrite, which says nothing of a full disk and dies of a name that is no UTF-8
            _, data = cv2.imencode(".png", picture)
            (folder / name).write_bytes(data.tobytes())
            rows.writerow([name, labels[number], *box])


def placed(
    digit: Pixels, rng: np.random.Generator
) -> tuple[Pixels, tuple[float, float, float, float]]:
    """``digit`` somewhere on black, shape (SIDE, SIDE), and its frame in fractions."""
    height, width = digit.shape
    left, top = (int(rng.integers(0, SIDE - side + 1)) for side in (width, height))
    picture = np.zeros((SIDE, SIDE), np.uint8)
    picture[top : top + height, left : left + width] = digit
    return picture, (left / SIDE, top / SIDE, (left + width) / SIDE, (top + height) / SIDE)
