import json

import pytest

from edge.bench.job import bench, first_box_s, machine
from edge.errors import LocalizerError


def test_the_report_holds_every_figure_and_where_it_comes_from(tiny_model):
    said = []
    report = bench(tiny_model, rounds=1, count=6, ticks=2, soak=100, say=said.append)
    assert json.loads(json.dumps(report)) == report
    assert report["runtime"].startswith(("ai-edge-litert ", "tflite-runtime "))
    assert {"efficiency", "rss_mb", "first_box_s", "soak_mb_per_100k", "missed"} <= set(report)
    assert "core" in report["machine"]
    assert said == ["round 1 of 1", "soaking for 100 frames", "starting edge-run"]


def test_a_run_without_a_line_is_an_error_with_its_words(tiny_model, tmp_path):
    with pytest.raises(
        LocalizerError, match=r"gave no line in the benchmark \(Error: .*holds no picture"
    ):
        first_box_s(tiny_model, tmp_path)


def test_a_board_is_named_by_its_device_tree(tmp_path):
    (tmp_path / "model").write_bytes(b"Raspberry Pi 4 Model B Rev 1.4\0")
    named = machine(tmp_path / "none", tmp_path / "model")
    assert named.startswith("Raspberry Pi 4 Model B Rev 1.4, ")


def test_another_machine_is_named_by_its_processor(tmp_path):
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n")
    assert machine(tmp_path / "cpuinfo", tmp_path / "none").startswith("Some CPU @ 2 GHz, ")
