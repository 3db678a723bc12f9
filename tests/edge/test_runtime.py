import sys
from pathlib import Path

import numpy as np
import pytest

from edge.errors import LocalizerError
from edge.runtime import Network, load_runtime


def test_the_runtime_tells_its_package_and_version():
    module, name = load_runtime()
    assert hasattr(module, "Interpreter")
    package, version = name.split(" ")
    assert package in ("ai-edge-litert", "tflite-runtime")
    assert version[0].isdigit()


def test_without_a_runtime_the_sentence_says_what_to_install(monkeypatch):
    for module in ("ai_edge_litert.interpreter", "tflite_runtime.interpreter"):
        monkeypatch.setitem(sys.modules, module, None)  # import then raises ImportError
    with pytest.raises(LocalizerError, match=r"ai-edge-litert: .*; pip install ai-edge-litert"):
        load_runtime()


def test_a_network_tells_its_size_and_classes(tiny_model):
    network = Network(tiny_model)
    assert network.size == (32, 32)
    assert network.labels == 2


def test_outputs_come_by_name_as_floats_without_a_batch(tiny_model, scene):
    outputs = Network(tiny_model)(scene())
    shapes = {name: values.shape for name, values in outputs.items()}
    assert shapes == {
        "attention": (8, 8, 4),
        "offsets": (8, 8, 4),
        "label": (2,),
        "presence": (1,),
    }
    assert {values.dtype for values in outputs.values()} == {np.dtype(np.float32)}


def test_a_quantized_logit_is_read_back_within_a_step(tiny_model, scene):
    # black: the logit is its bias of -3, and a step is (48 x 2 + 3) / 255 < 0.4
    assert Network(tiny_model)(scene(colour=(0, 0, 0)))["presence"][0] == pytest.approx(-3, abs=0.4)


def test_answers_do_not_change_when_the_next_one_comes(tiny_model, scene):
    network = Network(tiny_model)
    first = network(scene())
    before = first["attention"].copy()
    network(scene(box=(0, 0, 32, 32), colour=(0, 0, 255)))
    assert (first["attention"] == before).all()


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_a_truncated_model_whose_head_is_fine_is_refused(share, tiny_flatbuffer, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(tiny_flatbuffer[: int(len(tiny_flatbuffer) * share)])
    with pytest.raises(LocalizerError, match=r"model\.tflite cannot be loaded by .* convert it"):
        Network(path)


def test_a_file_that_is_written_over_in_place_cannot_change_the_loaded_model(tiny_model, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(tiny_model.read_bytes())
    network = Network(path)
    assert str(path) not in Path("/proc/self/maps").read_text()
    del network


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(LocalizerError, match=r"none cannot be read: No such file or directory; g"):
        Network(tmp_path / "none")


class Interpreter:
    """Stands for a file with other tensors."""

    inputs = ((1, 32, 32, 3),)
    outputs = {  # noqa: RUF012
        "attention": (1, 8, 8, 4),
        "offsets": (1, 8, 8, 4),
        "label": (1, 2),
        "presence": (1, 1),
    }

    def __init__(self, model_content, num_threads):
        pass

    def allocate_tensors(self):
        pass

    def get_signature_runner(self):
        return self

    def get_input_details(self):
        return {f"input{i}": {"shape": np.array(shape)} for i, shape in enumerate(self.inputs)}

    def get_output_details(self):
        return {name: {"shape": np.array(shape)} for name, shape in self.outputs.items()}


@pytest.fixture
def load(tmp_path):
    """Load a file that has the given tensors instead of a localizer's."""

    def load(**tensors):
        module = type("module", (), {"Interpreter": type("Other", (Interpreter,), tensors)})
        (tmp_path / "model.tflite").write_bytes(b"TFL3")
        return Network(tmp_path / "model.tflite", runtime=(module, "a runtime 1.0"))

    return load


def test_the_stand_in_itself_is_accepted(load):
    assert load().size == (32, 32)


@pytest.mark.parametrize(
    ("outputs", "labels"),
    [
        ({"box": (1, 4)}, 1),
        ({"label": (1, 3), "box": (1, 4)}, 3),
        ({"presence": (1, 1), "label": (1, 3), "box": (1, 4), "more": (1, 9)}, 3),
    ],
)
def test_a_model_may_finish_its_box_itself(outputs, labels, load):
    network = load(outputs=outputs)
    assert network.decode == "box"
    assert network.labels == labels
    assert network.names == tuple(n for n in ("box", "label", "presence") if n in outputs)


@pytest.mark.parametrize(
    "wrong", [{"box": (1, 5)}, {"box": (4, 1)}, {"label": (1, 2, 1)}, {"presence": (1, 2)}]
)
def test_a_finished_box_of_another_shape_is_refused(wrong, load):
    with pytest.raises(LocalizerError, match=r"or a box \(1, 4\), label"):
        load(outputs={"box": (1, 4), "label": (1, 2)} | wrong)


def test_a_model_without_our_outputs_is_refused(load):
    with pytest.raises(LocalizerError, match="outputs boxes, but a localizer has one input and"):
        load(outputs={"boxes": (1, 4)})


def test_a_model_with_two_inputs_is_refused(load):
    with pytest.raises(LocalizerError, match="has 2 inputs"):
        load(inputs=((1, 32, 32, 3), (1, 1)))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("attention", (1, 8, 8, 1)),
        ("offsets", (1, 4, 4, 4)),
        ("label", (1, 2, 2)),
        ("presence", (1, 2)),
    ],
)
def test_an_output_of_another_shape_is_refused(name, shape, load):
    with pytest.raises(LocalizerError, match="but a localizer sees"):
        load(outputs=Interpreter.outputs | {name: shape})


@pytest.mark.parametrize("shape", [(1, 3, 32, 32), (4, 32, 32, 3), (1, 32)])
def test_an_input_of_another_shape_is_refused(shape, load):
    with pytest.raises(LocalizerError, match=r"an input of shape \(\d"):
        load(inputs=(shape,))
