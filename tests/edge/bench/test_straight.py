import numpy as np

from edge.bench.camera import Memory
from edge.bench.straight import straight
from edge.card import read_card
from edge.runtime import Network


class Recorder(list):
    write = list.append


def test_every_picture_is_answered_in_order(tiny_model, scene):
    red, blue = scene(colour=(255, 0, 0)), scene(colour=(0, 0, 255))
    bgr = [np.ascontiguousarray(picture[..., ::-1]) for picture in (blue, red)]
    told = Recorder()
    straight(Memory(bgr, 4), Network(tiny_model), read_card(tiny_model), [told])
    assert [seen.answer.found.label for seen in told] == ["red", "blue", "red", "blue"]
    assert [seen.frame.index for seen in told] == [0, 1, 2, 3]
