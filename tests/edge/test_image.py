import struct
import zlib

import cv2
import numpy as np
import pytest

from edge.errors import LocalizerError
from edge.image import (
    decoded,
    glimpse,
    jpeg_sizes,
    picture_paths,
    read_image,
    resized,
    write_image,
)

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


@pytest.fixture
def quarters():
    """64x32 pixels: red, green above blue, white."""
    image = np.zeros((32, 64, 3), np.uint8)
    image[:16, :32], image[:16, 32:] = RED, GREEN
    image[16:, :32], image[16:, 32:] = BLUE, WHITE
    return image


# How a camera that is held so stores what is upright.
STORED = {
    1: lambda upright: upright,
    2: np.fliplr,
    3: lambda upright: np.rot90(upright, 2),
    4: np.flipud,
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: np.rot90(upright, 2).transpose(1, 0, 2),
    8: lambda upright: np.rot90(upright, -1),
}


def exif(orientation):
    """An APP1 segment whose only entry is the orientation, tag 0x0112, one SHORT."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff = b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def jpeg(rgb):
    return cv2.imencode(".jpg", cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2BGR))[
        1
    ].tobytes()


@pytest.mark.parametrize("orientation", STORED)
def test_a_turned_photograph_is_read_upright(orientation, quarters, tmp_path):
    data = jpeg(STORED[orientation](quarters))
    path = tmp_path / "photo.jpg"
    path.write_bytes(data[:2] + exif(orientation) + data[2:])
    read = read_image(path)
    assert read.shape == (32, 64, 3)
    assert np.abs(read.astype(int) - quarters).mean() < 4


def test_colours_are_read_as_rgb(quarters, tmp_path):
    write_image(tmp_path / "a.png", quarters)
    assert (read_image(tmp_path / "a.png") == quarters).all()


def test_a_grey_picture_becomes_three_equal_channels(tmp_path):
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((4, 6), 77, np.uint8))
    assert read_image(tmp_path / "grey.png").tolist() == np.full((4, 6, 3), 77).tolist()


def test_alpha_is_dropped(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((4, 6, 4), (10, 20, 30, 128), np.uint8))
    assert read_image(tmp_path / "a.png")[0, 0].tolist() == [30, 20, 10]


def test_sixteen_bits_become_eight(tmp_path):
    cv2.imwrite(str(tmp_path / "deep.png"), np.full((4, 6, 3), 128 * 256, np.uint16))
    read = read_image(tmp_path / "deep.png")
    assert read.dtype == np.uint8
    assert (read == 128).all()


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_a_jpeg_that_is_cut_short_is_refused(share, tmp_path):
    data = jpeg(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    (tmp_path / "cut.jpg").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(LocalizerError, match=r"cut\.jpg is cut short: .* copy it again"):
        read_image(tmp_path / "cut.jpg")


def test_an_end_mark_in_a_thumbnail_is_not_the_end(quarters, tmp_path):
    data = jpeg(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    thumbnail = b"\xff\xe1" + struct.pack(">H", 2 + 4) + b"\xff\xd9\0\0"
    (tmp_path / "cut.jpg").write_bytes(data[:2] + thumbnail + data[2 : len(data) // 2])
    with pytest.raises(LocalizerError, match="cut short"):
        read_image(tmp_path / "cut.jpg")


def test_a_png_that_is_cut_short_is_refused(quarters, tmp_path):
    write_image(tmp_path / "cut.png", quarters)
    data = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(LocalizerError, match=r"cut\.png is cut short"):
        read_image(tmp_path / "cut.png")


def test_a_head_that_promises_a_monstrous_picture_is_refused(tmp_path):
    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 65_000, 65_000, 8, 2, 0, 0, 0))
    (tmp_path / "huge.png").write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IEND", b""))
    with pytest.raises(LocalizerError, match="not a picture that OpenCV can read"):
        read_image(tmp_path / "huge.png")


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xd8"])
def test_what_is_no_picture_is_refused(data, tmp_path):
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(LocalizerError, match=r"a\.jpg is "):
        read_image(tmp_path / "a.jpg")


def test_an_absent_picture_is_named(tmp_path):
    with pytest.raises(LocalizerError, match=r"a\.jpg cannot be read: No such file"):
        read_image(tmp_path / "a.jpg")


def test_pictures_come_in_plain_order_and_nothing_else_does(tmp_path):
    for name in ("b.png", "B.JPG", "a10.jpg", "a2.jpeg", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "folder.jpg").mkdir()
    names = [path.name for path in picture_paths(tmp_path)]
    assert names == ["B.JPG", "a10.jpg", "a2.jpeg", "b.png"]


def test_shrinking_averages_over_the_source():
    stripes = np.zeros((4, 4, 3), np.uint8)
    stripes[:, ::2] = 200  # two columns of 200 and two of 0
    assert (resized(stripes, 1, 1) == 100).all()


def test_growing_keeps_a_flat_colour():
    assert (resized(np.full((2, 2, 3), 9, np.uint8), 5, 7) == 9).all()


def test_a_size_is_width_then_height():
    assert resized(np.zeros((10, 20, 3), np.uint8), 6, 4).shape == (4, 6, 3)


def test_the_result_can_be_written_into_an_array_that_is_there():
    source = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    for width, height in ((224, 224), (64, 64), (800, 600)):  # each way that it is done
        out = np.zeros((height, width, 3), np.uint8)
        small = resized(source, width, height, out=out)
        assert np.shares_memory(small, out)
        assert (out == resized(source, width, height)).all()


def test_a_cameras_frame_is_averaged_as_by_area_within_a_grey_level():
    # 640x480 to 224 takes the quick way; blurred noise is a busy picture
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    source = cv2.GaussianBlur(noise, (0, 0), 2)
    area = cv2.resize(source, (224, 224), interpolation=cv2.INTER_AREA)
    apart = resized(source, 224, 224).astype(float) - area
    assert np.sqrt((apart**2).mean()) < 1.0
    assert abs(apart.mean()) < 0.1


def test_writing_into_no_folder_says_so(quarters, tmp_path):
    with pytest.raises(LocalizerError, match=r"a\.png cannot be written: No such file"):
        write_image(tmp_path / "none" / "a.png", quarters)


def test_writing_that_fails_leaves_nothing(quarters, tmp_path):
    (tmp_path / "a.png").mkdir()
    with pytest.raises(LocalizerError, match=r"a\.png cannot be written: Is a directory"):
        write_image(tmp_path / "a.png", quarters)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_suffix_of_no_picture_is_refused(quarters, tmp_path):
    with pytest.raises(LocalizerError, match=r"a\.txt cannot be encoded; use one of \.jpg"):
        write_image(tmp_path / "a.txt", quarters)


def test_the_size_of_a_jpeg_is_known_without_decoding_it():
    data = cv2.imencode(".jpg", np.zeros((30, 70, 3), np.uint8))[1].tobytes()
    assert jpeg_sizes(data) == [(70, 30)]
    assert jpeg_sizes(b"") == jpeg_sizes(b"\xff\xd8\xff") == []


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("size", [(640, 480), (480, 643), (300, 303), (512, 512), (90, 60)])
def test_a_glimpse_is_upright_and_knows_the_size(size, orientation):
    coarse = np.random.default_rng(0).integers(0, 256, (6, 8, 3)).astype(np.uint8)
    data = jpeg(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC))
    data = data[:2] + exif(orientation) + data[2:]
    upright = decoded(data, "a.jpg")
    grey, width, height = glimpse(data, "a.jpg")
    assert (height, width) == upright.shape[:2]
    whole = cv2.cvtColor(upright, cv2.COLOR_RGB2GRAY)
    small, seen = (cv2.resize(p, (8, 8), interpolation=cv2.INTER_AREA) for p in (whole, grey))
    assert np.abs(small.astype(int) - seen).mean() < 4


def test_a_glimpse_of_a_jpeg_that_is_cut_short_is_refused():
    data = jpeg(np.zeros((480, 640, 3), np.uint8))
    with pytest.raises(LocalizerError, match=r"a\.jpg is cut short"):
        glimpse(data[:-2], "a.jpg")
