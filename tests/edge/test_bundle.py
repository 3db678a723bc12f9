"""What travels behind the flatbuffer: read strictly, because a model may come from anywhere."""

from __future__ import annotations

import hashlib
import io
import resource
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bundle import SEAL, read_bundle, split_bundle, with_bundle, write_model
from edge.errors import LocalizerError

HEAD = b"\x1c\0\0\0TFL3" + bytes(100)
"""What is looked at of a flatbuffer."""
FILES = {"localizer.json": b"{}", "golden/0.jpg": b"\xff\xd8\xff\xd9"}


@pytest.fixture
def model(tmp_path):
    """A maker of model files with the given content."""

    def make(data):
        path = tmp_path / "model.tflite"
        path.write_bytes(data)
        return path

    return make


def zipped(*entries):
    """A flatbuffer with a zip of (name, content) behind it, made without this project's rules."""
    content = io.BytesIO()
    content.write(HEAD)
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in entries:
            bundle.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def test_flatbuffer_and_files_come_apart_again(model):
    bundle = read_bundle(model(with_bundle(HEAD, FILES)))
    assert bundle.flatbuffer == HEAD
    assert bundle.files == FILES


def test_a_split_gives_both_parts_of_the_very_bytes():
    data = with_bundle(HEAD, FILES)
    flatbuffer, rest = split_bundle(data)
    assert flatbuffer == HEAD
    assert flatbuffer + rest == data
    assert rest.startswith(b"PK")


def test_a_flatbuffer_alone_has_no_files(model):
    assert split_bundle(HEAD) == (HEAD, b"")
    assert read_bundle(model(HEAD)).files == {}


def test_a_bundle_moves_to_another_flatbuffer(model):
    other = HEAD + b"compiled"
    moved = with_bundle(other, read_bundle(model(with_bundle(HEAD, FILES))).files)
    bundle = read_bundle(model(moved))
    assert (bundle.flatbuffer, bundle.files) == (other, FILES)


def test_a_new_bundle_replaces_the_old_one(model):
    twice = with_bundle(with_bundle(HEAD, FILES), {"a": b"new"})
    assert read_bundle(model(twice)).files == {"a": b"new"}


def test_the_same_content_gives_the_same_bytes():
    assert with_bundle(HEAD, FILES) == with_bundle(HEAD, dict(FILES))


def test_the_seal_is_the_hash_of_the_flatbuffer():
    seal = zipfile.ZipFile(io.BytesIO(with_bundle(HEAD, FILES))).read(SEAL)
    assert seal.decode().strip() == hashlib.sha256(HEAD).hexdigest()


def test_a_changed_weight_is_noticed(model):
    data = bytearray(with_bundle(HEAD, FILES))
    data[50] ^= 1
    with pytest.raises(LocalizerError, match=r"damaged: its flatbuffer is not the one .* copy it"):
        read_bundle(model(data))


@pytest.mark.parametrize("missing", [1, 10, 22, 60])
def test_a_file_that_was_cut_short_is_refused(missing, model):
    with pytest.raises(LocalizerError, match="is cut short: the bundle at its end has no end; "):
        read_bundle(model(with_bundle(HEAD, FILES)[:-missing]))


@pytest.mark.parametrize("garbage", [b"\0", b"more than one", bytes(100_000)])
def test_garbage_behind_the_file_is_counted_and_refused(garbage, model):
    with pytest.raises(LocalizerError, match=f"has {len(garbage)} bytes behind its bundle"):
        read_bundle(model(with_bundle(HEAD, FILES) + garbage))


@pytest.mark.parametrize(
    "name", ["../up", "/etc/passwd", "a/b/c", "..", "a\\b", "a b", "golden/", "é", "-x", ""]
)
def test_a_name_that_is_no_plain_name_is_refused(name, model):
    with pytest.raises(LocalizerError, match="file name .* is not allowed"):
        read_bundle(model(zipped((name, b"x"))))


def test_a_name_that_ends_early_for_some_readers_is_refused(model):
    data = zipped(("aXb", b"x")).replace(b"aXb", b"a\0b")
    with pytest.raises(LocalizerError, match="file name .* is not allowed"):
        read_bundle(model(data))


def test_a_name_that_is_there_twice_is_refused(model):
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped(("localizer.json", b"{}"), ("localizer.json", b"[]"))
    with pytest.raises(LocalizerError, match=r"localizer\.json is there twice"):
        read_bundle(model(data))


def test_an_encrypted_file_is_refused(model):
    data = bytearray(zipped(("a", b"x")))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(signature) + flags
        data[at : at + 2] = struct.pack("<H", 1)
    with pytest.raises(LocalizerError, match="a is encrypted"):
        read_bundle(model(data))


def test_an_unusual_packing_is_refused(model):
    data = HEAD
    content = io.BytesIO()
    content.write(data)
    with zipfile.ZipFile(content, "a", zipfile.ZIP_LZMA) as bundle:
        bundle.writestr("a", b"x" * 100)
    with pytest.raises(LocalizerError, match="a is packed in an unusual way"):
        read_bundle(model(content.getvalue()))


def test_a_file_that_says_it_is_large_is_not_unpacked(model):
    with pytest.raises(LocalizerError, match="a is over 1048576 bytes"):
        read_bundle(model(zipped(("a", bytes(2**20 + 1)))))


def test_a_bomb_that_says_it_is_small_is_not_unpacked(model):
    bomb = bytes(64 * 2**20)
    data = bytearray(zipped(("a", bomb)))
    for signature, size in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.rindex(signature) + size
        assert struct.unpack("<I", data[at : at + 4]) == (len(bomb),)
        data[at : at + 4] = struct.pack("<I", 10)
    with pytest.raises(LocalizerError, match="cannot be used"):  # the checksum is the whole one's
        read_bundle(model(data))


def test_a_bomb_with_a_matching_checksum_is_cut_at_its_promise(model):
    data = bytearray(zipped(("a", bytes(64 * 2**20))))
    for signature, size in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.rindex(signature)
        data[at + size : at + size + 4] = struct.pack("<I", 10)
        data[at + size - 8 : at + size - 4] = struct.pack("<I", zlib.crc32(bytes(10)))
    assert read_bundle(model(data)).files == {"a": bytes(10)}


def test_many_small_files_are_refused_together(model):
    five = [(f"f{number}", bytes(2**20)) for number in range(5)]
    with pytest.raises(LocalizerError, match="over 4194304 bytes together"):
        read_bundle(model(zipped(*five)))
    many = [(f"f{number}", b"") for number in range(65)]
    with pytest.raises(LocalizerError, match="lists 65 files, more than the 64"):
        read_bundle(model(zipped(*many)))


def test_a_directory_that_lies_about_its_place_is_refused(model):
    data = bytearray(with_bundle(HEAD, FILES))
    data[-6:-2] = struct.pack("<I", 5)
    with pytest.raises(LocalizerError, match="its directory is not where it says"):
        read_bundle(model(data))


@given(at=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_one_damaged_byte_gives_the_same_content_or_a_sentence(at, byte, tmp_path_factory):
    data = bytearray(with_bundle(HEAD, FILES))
    data[8 + at % (len(data) - 8)] = byte
    path = tmp_path_factory.getbasetemp() / "damaged.tflite"
    path.write_bytes(data)
    try:
        bundle = read_bundle(path)
    except LocalizerError as error:
        assert str(error).startswith(str(path))
    else:  # a name may have changed, or a date; a flatbuffer whose seal was renamed is unproved
        assert set(bundle.files.values()) >= set(FILES.values())


@given(st.binary(max_size=300))
def test_any_bytes_behind_a_flatbuffer_give_a_bundle_or_a_sentence(rest):
    try:
        flatbuffer, _ = split_bundle(HEAD + rest, "model.tflite")
    except LocalizerError as error:
        assert str(error).startswith("model.tflite ")
    else:
        assert flatbuffer.startswith(HEAD)


@pytest.mark.parametrize("name", ["../a", "a b"])
def test_a_file_that_would_be_refused_is_not_written(name):
    with pytest.raises(ValueError, match="plain names"):
        with_bundle(HEAD, {name: b""})


def test_a_model_is_written_whole(tmp_path):
    write_model(tmp_path / "model.tflite", HEAD)
    assert [path.name for path in tmp_path.iterdir()] == ["model.tflite"]
    assert (tmp_path / "model.tflite").read_bytes() == HEAD


def test_on_a_full_disk_the_old_file_survives(tmp_path: Path):
    path = tmp_path / "model.tflite"
    path.write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))  # the kernel then refuses the rest
    try:
        with pytest.raises(LocalizerError, match=r"model\.tflite cannot be written: .*; make room"):
            write_model(path, bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"old"
    assert [left.name for left in tmp_path.iterdir()] == ["model.tflite"]
