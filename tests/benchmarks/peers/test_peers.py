"""Every peer can be trained and asked like ours, and its parts do what its source says."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

keras = pytest.importorskip("keras", reason="Keras is not installed")
tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

from benchmarks.accuracy import MODELS, measured  # noqa: E402
from benchmarks.peers.gap_eiou import eiou_loss  # noqa: E402
from benchmarks.peers.training import Plan, shuffled, targets, trained  # noqa: E402
from edge.box import Box  # noqa: E402
from train.example import Example, labels_of  # noqa: E402
from train.floating import float_localizer  # noqa: E402
from train.progress import Progress  # noqa: E402
from train.readers.data import read_data  # noqa: E402
from train.report import answered  # noqa: E402
from train.split import Split, split  # noqa: E402

NARROW = {"epochs": 1, "alpha": 0.35, "size": 64}
PEERS = [name for name in MODELS if name not in ("ours", "mean-box", "lars76-224")]


@pytest.fixture(scope="module")
def lists(drawn_set: Path) -> Split:
    """A few pictures of drawn scenes, as the benchmark has them: each with an object."""
    full = [e for e in read_data(drawn_set).examples if e.box is not None][:16]
    return split(full, 0.2, 0.15, 0)


@pytest.fixture
def eagerly():
    """Steps as they come: to trace a backbone takes longer than the few that are taken here."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def entry_of(name: str, lists: Split, **options):
    labels = labels_of([*lists.train, *lists.validation, *lists.held_out])
    with Progress(Console(file=io.StringIO())) as bars:
        return MODELS[name](lists, labels, 0, "none", bars, **options)


@pytest.mark.filterwarnings("ignore:Even though")  # predict's own pipeline stays traced
@pytest.mark.parametrize("name", PEERS)
def test_a_peer_is_trained_to_the_form_that_the_device_knows(name, lists, eagerly) -> None:
    entry = entry_of(name, lists, **NARROW)
    assert entry.looked == len(lists.train)
    locate = float_localizer(entry.model, entry.card)
    found = [answer.found for _, answer in answered(lists.held_out, locate)]
    assert all(one is not None and one.label in entry.card.labels for one in found)


def test_the_constant_peer_says_the_mean_box_and_the_commonest_class(lists, tmp_path) -> None:
    entry = entry_of("mean-box", lists)
    row = measured(entry, lists.train, lists.held_out, tmp_path / "model.tflite")
    wanted = np.mean([e.box.edges for e in lists.train], axis=0)
    overlaps = [Box(*wanted).iou(e.box) for e in lists.held_out]
    assert row["int8"]["mean_iou"] == pytest.approx(np.mean(overlaps), abs=0.01)
    names = [e.label for e in lists.train]
    commonest = max(sorted(set(names)), key=names.count)
    right = np.mean([e.label == commonest for e in lists.held_out])
    assert row["int8"]["accuracy"] == pytest.approx(right, abs=1e-3)


def test_targets_are_in_the_peers_own_numbers() -> None:
    examples = [Example(Path("a.jpg"), Box(0.25, 0.5, 0.75, 1.0), "cat")]
    plan = Plan(1, 1, numbers=("left", "top", "width", "height"), unit=1 / 96)
    found = targets(examples, ("ant", "cat"), plan)
    assert found["numbers"].tolist() == [pytest.approx([24, 48, 48, 48])]
    assert found["classes"].tolist() == [[0, 1]]


def test_every_picture_is_in_one_step_of_an_epoch() -> None:
    inputs = np.arange(7)
    epoch = shuffled(inputs, {"numbers": 10 * inputs}, 3)
    steps = list(epoch(0))
    assert [len(seen) for seen, _ in steps] == [3, 3, 1]
    assert sorted(np.concatenate([seen for seen, _ in steps])) == list(range(7))
    assert all((truth["numbers"] == 10 * seen).all() for seen, truth in steps)


class Steps:
    """A model whose box overlaps by the next of ``ious`` after each epoch."""

    def __init__(self, ious) -> None:
        self.ious, self.epoch, self.kept = ious, -1, None
        self.optimizer = type("Optimizer", (), {"learning_rate": 1.0})()

    def train_on_batch(self, inputs, truth) -> None:
        self.epoch += 1

    def predict(self, inputs, batch_size, verbose):
        return {"numbers": np.array([[0.0, 0.0, self.ious[self.epoch], 1.0]])}

    def get_weights(self):
        return self.epoch

    def set_weights(self, weights) -> None:
        self.kept = weights


def loop(ious, **plan):
    model = Steps(ious)
    example = Example(Path("a.jpg"), Box(0, 0, 1, 1), "cat")
    looked = trained(
        model, lambda number: [(np.zeros(4), {})], (np.zeros(1), [example]),
        Plan(len(ious), 4, **plan), lambda epochs: epochs,
    )  # fmt: skip
    return model, looked


def test_the_epoch_with_the_best_validation_iou_is_kept() -> None:
    model, looked = loop([0.2, 0.6, 0.5, 0.4])
    assert (model.kept, looked) == (1, 16)


def test_without_a_better_epoch_the_training_ends() -> None:
    model, looked = loop([0.2, 0.6, 0.5, 0.4, 0.9], patience=2)
    assert (model.kept, looked) == (1, 16)


def test_on_a_plateau_the_rate_is_divided_by_five() -> None:
    model, _ = loop([0.6, 0.5, 0.5, 0.7, 0.6, 0.6, 0.6, 0.6], plateau=2)
    assert model.optimizer.learning_rate == pytest.approx(1 / 5**3)


def test_without_validation_the_last_epoch_stays() -> None:
    model = Steps([0.9, 0.1])
    trained(
        model, lambda number: [(np.zeros(4), {})], (np.zeros((0, 1)), []), Plan(2, 4),
        lambda epochs: epochs,
    )  # fmt: skip
    assert (model.epoch, model.kept) == (1, None)


def test_the_efficient_iou_adds_distances_of_centres_and_sides() -> None:
    truth = np.float32([[0.2, 0.2, 0.6, 0.6]] * 3)
    boxes = np.float32([[0.2, 0.2, 0.6, 0.6], [0.4, 0.2, 0.8, 0.6], [0.6, 0.6, 0.2, 0.2]])
    # moved by half its width: IoU 1/3; the hull is 0.6 wide and 0.4 high
    moved = 1 - 1 / 3 + 0.2**2 / (0.6**2 + 0.4**2)
    loss = np.array(eiou_loss(truth, boxes))
    assert loss == pytest.approx([0.0, moved, 0.0], abs=1e-4)  # the last has its corners exchanged
    narrow = np.array(eiou_loss(truth[:1], np.float32([[0.3, 0.2, 0.5, 0.6]])))
    assert narrow == pytest.approx([1 - 0.5 + (0.2 / 0.4) ** 2], abs=1e-4)
