"""Every preset trains, becomes a file, and answers through the device's localizer."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

from convert.cli import main as convert_main
from edge.card import FINISHED_BOX, read_card
from edge.cli import main as edge_main
from train.cli import main as train_main
from train.floating import load_model

SMALL = {
    "mnist": "--size 64 --log tensorboard",
    "conv5": "--size 192",
    "snacks": "--weights none --size 64 --alpha 0.25",
    "selfie": "--weights none --size 96",
}


@pytest.fixture(scope="module")
def trained(drawn_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The RUN of a preset after two steps, made when it is first asked for."""
    folder = tmp_path_factory.mktemp("presets")

    @functools.cache
    def run_of(name: str) -> Path:
        arguments = f"fit {drawn_set} --out {folder / name} --preset {name} --epochs 1 --batch 9"
        result = CliRunner().invoke(train_main, [*arguments.split(), *SMALL[name].split()])
        assert result.exit_code == 0, result.output
        assert "note: 6 pictures without what" in result.output
        return folder / name

    return run_of


@pytest.mark.parametrize("name", SMALL)
def test_a_preset_becomes_a_file_that_the_device_runs(
    trained: Callable[[str], Path], name: str, drawn_set: Path, tmp_path: Path
) -> None:
    made = tmp_path / "model.tflite"
    # int8 of the 43 million weights of selfie takes a minute; make bench-ancestors makes that
    precision = "float32" if name == "selfie" else "int8"
    options = ["--out", str(made), "--precision", precision]
    result = CliRunner().invoke(convert_main, ["tflite", str(trained(name)), *options])
    assert result.exit_code == 0, result.output
    card = read_card(made)
    assert card.decode == FINISHED_BOX
    assert card.labels == (("object",) if name == "selfie" else ("disc", "star", "triangle"))
    told = tmp_path / "told.jsonl"
    pictures = ["--images", str(drawn_set / "images"), "--json", str(told)]
    result = CliRunner().invoke(edge_main, ["--model", str(made), *pictures])
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in told.read_text().splitlines()]
    assert len(rows) == 30
    assert all(row["label"] in card.labels and len(row["box"]) == 4 for row in rows)


def history(run: Path) -> list[dict[str, Any]]:
    return json.loads((run / "report.json").read_text())["history"]


@pytest.mark.parametrize("name", SMALL)
def test_overlap_and_accuracy_are_told_beside_the_losses(
    trained: Callable[[str], Path], name: str
) -> None:
    row = history(trained(name))[0]
    heads = ["bbox"] if name == "selfie" else ["bbox", "label"]
    assert {"loss", "bbox_iou"} <= row.keys()
    assert 0 <= row["bbox_iou"] <= 1 and 0 <= row["val_bbox_iou"] <= 1
    assert [head for head in heads if f"{head}_loss" in row] == (heads if len(heads) > 1 else [])
    assert ("label_accuracy" in row) == ("label" in heads)


def test_mnist_goes_on_with_its_box_head_alone(trained: Callable[[str], Path]) -> None:
    assert len(history(trained("mnist"))) == 2


def test_a_preset_is_logged_in_all_its_stages(trained: Callable[[str], Path], events: Any) -> None:
    told = events(trained("mnist") / "tensorboard" / "validation")
    assert [step for step, name, _ in told if name == "bbox_iou"] == [1, 2]
    pictures = [one for _, _, one in told if one.metadata.plugin_data.plugin_name == "images"]
    assert len(pictures) == 3  # of the first epoch, answered by the network as the device has it


@pytest.mark.parametrize("name", ["conv5", "selfie"])
def test_the_weights_of_each_epoch_are_kept(trained: Callable[[str], Path], name: str) -> None:
    assert [path.name for path in (trained(name) / "epochs").iterdir()] == ["epoch_01.weights.h5"]


@pytest.mark.parametrize("name", ["mnist", "snacks"])
def test_others_keep_the_best_epoch_only(trained: Callable[[str], Path], name: str) -> None:
    assert not (trained(name) / "epochs").exists()


def test_the_file_says_its_edges_in_the_order_of_the_device(trained: Callable[[str], Path]) -> None:
    model = load_model(trained("snacks") / "model.keras")
    import keras

    both = keras.Model(model.input, [model.get_layer("bbox").output, model.output["box"]])
    pixels = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3)).astype(np.uint8)
    own, box = (np.asarray(values)[0] for values in both(pixels))
    left, right, top, bottom = own
    assert np.allclose(box, [left, top, right, bottom], atol=1e-6)
