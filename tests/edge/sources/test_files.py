import numpy as np
import pytest

from edge.errors import LocalizerError
from edge.image import write_image
from edge.sources.files import frame_rate, images, video


@pytest.fixture
def warnings():
    return []


def flat(value):
    return np.full((4, 6, 3), value, np.uint8)


class TestImages:
    def test_each_picture_comes_once_in_plain_order_with_its_path(self, tmp_path, warnings):
        for name, value in (("b.png", 2), ("a.png", 1), ("a10.png", 3)):
            write_image(tmp_path / name, flat(value))
        frames = list(images(tmp_path, warnings.append))
        assert [frame.path for frame in frames] == [
            str(tmp_path / name) for name in ("a.png", "a10.png", "b.png")
        ]
        assert [frame.pixels[0, 0, 0] for frame in frames] == [1, 3, 2]
        assert [frame.index for frame in frames] == [0, 1, 2]
        assert warnings == []

    def test_an_unreadable_picture_is_told_in_one_sentence_and_skipped(self, tmp_path, warnings):
        write_image(tmp_path / "a.png", flat(1))
        (tmp_path / "b.jpg").write_bytes(b"\xff\xd8 cut")
        write_image(tmp_path / "c.png", flat(3))
        frames = list(images(tmp_path, warnings.append))
        assert [frame.index for frame in frames] == [0, 1]
        assert len(warnings) == 1
        assert "b.jpg is cut short" in warnings[0]

    def test_an_empty_folder_is_refused(self, tmp_path, warnings):
        with pytest.raises(LocalizerError, match=r"holds no picture \(\.jpg, .*give --images"):
            list(images(tmp_path, warnings.append))

    def test_an_absent_folder_is_refused(self, tmp_path, warnings):
        with pytest.raises(LocalizerError, match="none is not a folder that can be read: No such"):
            list(images(tmp_path / "none", warnings.append))

    def test_a_file_is_no_folder(self, tmp_path, warnings):
        write_image(tmp_path / "a.png", flat(1))
        with pytest.raises(LocalizerError, match="not a folder that can be read"):
            list(images(tmp_path / "a.png", warnings.append))

    def test_a_folder_in_which_nothing_can_be_read_is_refused(self, tmp_path, warnings):
        for name in ("a.jpg", "b.png"):
            (tmp_path / name).write_text("text")
        with pytest.raises(LocalizerError, match="not one of the 2 picture files in"):
            list(images(tmp_path, warnings.append))
        assert len(warnings) == 2


class TestVideo:
    def test_every_frame_comes_once_in_order(self, clip, warnings):
        frames = list(video(clip(10), warnings.append))
        assert [frame.index for frame in frames] == list(range(10))
        assert frames[0].pixels.shape == (48, 64, 3)
        greys = [frame.pixels.mean() for frame in frames]
        assert greys == pytest.approx(range(0, 200, 20), abs=8)
        assert all(frame.path is None for frame in frames)
        assert warnings == []

    def test_frames_are_rgb(self, tmp_path, warnings):
        import cv2

        path = tmp_path / "red.mp4"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25, (64, 48))
        writer.write(np.full((48, 64, 3), (0, 0, 255), np.uint8))
        writer.release()
        (frame,) = video(path, warnings.append)
        assert frame.pixels[24, 32] == pytest.approx([255, 0, 0], abs=10)

    def test_a_video_that_ends_early_is_told_in_one_sentence(self, clip, index_first, warnings):
        path = clip(120)
        data = index_first(path.read_bytes())
        path.write_bytes(data[: (len(data) - data.index(b"mdat")) // 2 + data.index(b"mdat")])
        frames = list(video(path, warnings.append))
        assert 0 < len(frames) < 120
        (warning,) = warnings
        assert warning.startswith(f"clip.mp4 ended after {len(frames)} of the 120 frames that it")

    def test_an_index_at_the_front_alone_is_no_fault(self, clip, index_first, warnings):
        path = clip(120)
        path.write_bytes(index_first(path.read_bytes()))
        assert len(list(video(path, warnings.append))) == 120
        assert warnings == []

    def test_leaving_early_is_no_fault(self, clip, warnings):
        frames = video(clip(10), warnings.append)
        next(frames)
        frames.close()
        assert warnings == []

    def test_an_absent_file_is_refused(self, tmp_path, warnings):
        with pytest.raises(LocalizerError, match=r"none\.mp4 is not a file; give --video"):
            list(video(tmp_path / "none.mp4", warnings.append))

    def test_a_text_file_is_no_video(self, tmp_path, warnings):
        (tmp_path / "a.mp4").write_text("hello")
        with pytest.raises(LocalizerError, match=r"a\.mp4 is not a video that FFmpeg can read"):
            list(video(tmp_path / "a.mp4", warnings.append))

    def test_a_video_without_a_frame_is_refused(self, clip, warnings):
        path = clip(0)
        with pytest.raises(LocalizerError, match=r"clip\.mp4 "):
            list(video(path, warnings.append))

    def test_a_name_with_a_colon_is_a_file_all_the_same(self, clip, warnings):
        path = clip(3)
        odd = path.rename(path.with_name("http:a%03d.mp4"))
        assert len(list(video(odd, warnings.append))) == 3

    def test_a_name_that_is_no_utf8_is_told_and_does_not_end_the_process(self, clip, warnings):
        path = clip(3)
        odd = path.rename(path.with_name("\udcff.mp4"))
        with pytest.raises(LocalizerError, match="is no UTF-8, which OpenCV cannot open; give it"):
            list(video(odd, warnings.append))

    def test_a_name_that_no_file_can_have_is_told(self, tmp_path, warnings):
        with pytest.raises(LocalizerError, match="cannot be looked at: File name too long"):
            list(video(tmp_path / (256 * "x"), warnings.append))

    def test_a_slower_rate_takes_its_share_of_the_film(self, clip, warnings):
        frames = list(video(clip(50, rate=25.0), warnings.append, fps=5.0))
        assert [frame.index for frame in frames] == list(range(0, 50, 5))
        assert warnings == []

    def test_a_frame_that_cannot_be_decoded_is_passed_over_and_counts(self, clip, warnings):
        path = clip(12, name="clip.avi")
        data = bytearray(path.read_bytes())
        start = [at for at in range(len(data)) if data[at : at + 3] == b"\xff\xd8\xff"][5]
        data[start : start + 200] = bytes(200)  # most of this JPEG
        path.write_bytes(data)
        frames = list(video(path, warnings.append))
        assert [frame.index for frame in frames] == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
        greys = [frame.pixels.mean() for frame in frames]
        assert greys == pytest.approx([20 * frame.index for frame in frames], abs=8)

    def test_the_rate_is_the_files_own(self, clip):
        assert frame_rate(clip(3, rate=12.5)) == pytest.approx(12.5)
