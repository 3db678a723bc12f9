"""The ONNX file gives the boxes that the Keras model gives through edge.decode."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("tf2onnx", reason="tf2onnx is not installed")
pytest.importorskip("onnx", reason="onnx is not installed")

import onnx

from convert.cli import main
from convert.onnx_file import compared
from edge.card import Card
from edge.errors import LocalizerError
from train.floating import load_model


@pytest.fixture(scope="module")
def exported(trained_run: Path, tmp_path_factory) -> tuple[Path, str]:
    """The file of the trained run, and what the command said."""
    out = tmp_path_factory.mktemp("onnx") / "model.onnx"
    result = CliRunner().invoke(main, ["onnx", str(trained_run), "--out", str(out)])
    assert result.exit_code == 0, result.output
    return out, result.output


@pytest.fixture(scope="module")
def loaded(exported):
    return onnx.load(exported[0])


def shapes(values) -> dict[str, list[int]]:
    return {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in values}


def test_it_was_checked_on_the_held_out_pictures(exported) -> None:
    _, said = exported
    assert "checked with onnxruntime on 6 pictures: edges within " in said
    assert "written: " in said


def test_inputs_and_outputs_have_their_names_and_fixed_shapes(loaded) -> None:
    assert shapes(loaded.graph.input) == {"input": [1, 64, 64, 3]}
    assert shapes(loaded.graph.output) == {
        "cls": [1, 3],
        "loc": [1, 4],
        "attention": [1, 4, 4, 4],
        "offsets": [1, 4, 4, 4],
        "label": [1, 3],
        "presence": [1, 1],
    }


def test_a_viewer_shows_labels_sizes_and_meanings(loaded) -> None:
    properties = {entry.key: entry.value for entry in loaded.metadata_props}
    assert json.loads(properties["labels"]) == ["disc", "star", "triangle"]
    assert (properties["input_width"], properties["input_height"]) == ("64", "64")
    assert Card.from_json(properties["localizer.json"], "m").width == 64
    (loc,) = (value for value in loaded.graph.output if value.name == "loc")
    assert loc.doc_string.startswith("left, top, right, bottom as fractions")


def test_only_what_the_standard_knows_is_in_it(loaded) -> None:
    onnx.checker.check_model(loaded, full_check=True)
    assert {node.domain for node in loaded.graph.node} == {""}
    modes = {a.s for n in loaded.graph.node if n.op_type == "Resize" for a in n.attribute}
    assert b"tf_half_pixel_for_nn" not in modes


def test_shares_add_up_and_edges_stay_in_the_picture(exported) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(exported[0]))
    picture = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3)).astype(np.uint8)
    cls, loc = session.run(["cls", "loc"], {"input": picture})
    assert cls.sum() == pytest.approx(1, abs=1e-5)
    left, top, right, bottom = loc[0]
    assert 0 <= left <= right <= 1
    assert 0 <= top <= bottom <= 1


def test_a_file_with_other_weights_is_refused(exported, trained_run: Path) -> None:
    model = load_model(trained_run / "model.keras")
    head = model.get_layer("head").get_layer("offsets")
    head.set_weights([values + 0.5 for values in head.get_weights()])
    picture = np.zeros((1, 64, 64, 3), np.uint8)
    card = Card(64, 64, ("disc", "star", "triangle"))
    with pytest.raises(LocalizerError, match=r"off in an edge .* over the 0\.001 allowed, so it"):
        compared(exported[0].read_bytes(), model, card, picture)


def test_an_existing_file_is_kept(trained_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.onnx"
    out.write_text("mine")
    result = CliRunner().invoke(main, ["onnx", str(trained_run), "--out", str(out)])
    assert result.exit_code == 1
    assert "exists and is not overwritten" in result.output
    assert out.read_text() == "mine"


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["onnx", str(tmp_path), "--out", str(tmp_path / "m.onnx")])
    assert result.exit_code == 1
    assert "has no run.json, so it is no finished training" in result.output


def test_the_file_alone_answers_as_its_run_does(exported, trained_run: Path) -> None:
    from train.models import open_model

    of_file, of_run = open_model(exported[0]), open_model(trained_run)
    assert of_file.card == of_run.card
    assert of_file.runtime.startswith("onnxruntime ")
    picture = np.random.default_rng(1).integers(0, 256, (90, 120, 3)).astype(np.uint8)
    one, other = of_file.localize(picture), of_run.localize(picture)
    assert one.presence == pytest.approx(other.presence, abs=1e-4)
    boxes = [answer.found or answer.withheld for answer in (one, other)]
    assert boxes[0].box.edges == pytest.approx(boxes[1].box.edges, abs=1e-3)
    assert boxes[0].score == pytest.approx(boxes[1].score, abs=1e-3)


def test_a_file_without_a_card_or_with_another_is_refused(loaded, tmp_path: Path) -> None:
    from train.models import open_model

    other = onnx.ModelProto()
    other.CopyFrom(loaded)
    onnx.helper.set_model_props(other, {"localizer.json": Card(64, 64, ("cat",)).to_json()})
    onnx.save(other, tmp_path / "other.onnx")
    with pytest.raises(LocalizerError, match="its card says 64x64 pixels, 1 classes"):
        open_model(tmp_path / "other.onnx")
    onnx.helper.set_model_props(other, {})
    onnx.save(other, tmp_path / "bare.onnx")
    with pytest.raises(LocalizerError, match=r"carries no localizer\.json"):
        open_model(tmp_path / "bare.onnx")
