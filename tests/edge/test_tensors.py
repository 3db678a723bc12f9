import numpy as np

from edge.tensors import Outputs, Quantization


def test_a_code_is_worth_its_distance_from_zero_in_steps():
    # (200 - 100) x 0.5 = 50 and (0 - 100) x 0.5 = -50, which uint8 would wrap
    floats = Quantization(0.5, 100).floats(np.array([200, 0], np.uint8))
    assert floats.tolist() == [50.0, -50.0]
    assert floats.dtype == np.float32


def test_what_is_not_quantized_stays_as_it_is():
    assert Quantization(0.0, 0).floats(np.array([1.5], np.float32)).tolist() == [1.5]


def test_outputs_are_read_by_name():
    outputs = Outputs(
        {"label": np.array([3], np.int8), "presence": np.array([4], np.int8)},
        {"label": Quantization(1.0, 1), "presence": Quantization(2.0, 0)},
    )
    assert {name: values.tolist() for name, values in outputs.items()} == {
        "label": [2.0],
        "presence": [8.0],
    }
    assert len(outputs) == 2
