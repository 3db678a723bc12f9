"""What W&B's own client writes offline: curves, pictures, and their boxes as its overlays."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("wandb", reason="wandb is not installed")

from edge.box import Box
from edge.image import read_image
from edge.observation import Answer, Localization
from train.example import Example
from train.loggers.logger import Seen
from train.loggers.weights_and_biases import WeightsAndBiases

TRUE, OFF = Box(0.25, 0.25, 0.75, 0.75), Box(0.25, 0.25, 0.75, 0.5)
DOG = Localization(OFF, "dog", float(np.float32(0.8)))


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The client as it comes, kept from the network and from the home of whoever tests."""
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    for name in ("CONFIG", "CACHE", "DATA"):
        monkeypatch.setenv(f"WANDB_{name}_DIR", str(tmp_path / name.lower()))
    yield
    import wandb

    wandb.teardown()


def seen(name: str, box: Box | None, found: Localization | None, shade: int) -> Seen:
    example = Example(Path(name), box, "cat" if box is not None else None)
    return Seen(example, np.full((60, 80, 3), shade, np.uint8), Answer(found, 0.9))


def overlays(folder: Path) -> list[dict[str, Any]]:
    """Every file of boxes that the client wrote."""
    return [json.loads(path.read_text()) for path in sorted(folder.rglob("*.boxes2D.json"))]


def logged(folder: Path, rows: list[dict[str, float]], pictures: list[Seen]) -> None:
    log = WeightsAndBiases(folder, "run", ["cat", "dog"], {"size": 64, "weights": "none"})
    for row in rows:
        log.epoch(row)
        log.pictures(int(row["epoch"]), pictures)
    log.close()


def test_boxes_pictures_and_curves_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    rows = [{"epoch": 1.0, "loss": 0.5, "val_loss": 0.7}]
    logged(folder, rows, [seen("a.jpg", TRUE, DOG, 90), seen("b.jpg", None, None, 200)])

    boxes = [one["box_data"] for one in overlays(folder)]
    told = next(of[0] for of in boxes if of and "scores" in of[0])
    truth = next(of[0] for of in boxes if of and "scores" not in of[0])
    assert told["position"] == {"minX": 0.25, "minY": 0.25, "maxX": 0.75, "maxY": 0.5}
    assert (told["class_id"], truth["class_id"]) == (1, 0)
    assert type(told["class_id"]) is int
    assert told["box_caption"] == "dog 0.80"
    assert told["scores"] == {"confidence": pytest.approx(0.8), "iou": pytest.approx(0.5)}
    assert truth["position"]["maxY"] == 0.75
    assert [] in boxes  # nothing there, nothing found

    shades = {int(read_image(path)[30, 40, 0]) for path in folder.rglob("media/images/*.png")}
    assert shades == {90, 200}

    (history,) = [row for row in records(folder) if "training/loss" in row]
    assert history["training/loss"] == 0.5
    assert history["validation/loss"] == 0.7
    assert history["_step"] == 1
    assert history["validation pictures.captions"] == ["a.jpg", "b.jpg"]
    (first, _) = history["validation pictures.all_boxes"]
    assert set(first) == {"ground_truth", "predictions"}
    notes = [one.value_json for record in of_client(folder) for one in record.config.update]
    assert any('"value":{"0":"cat","1":"dog"}' in note for note in notes)


def test_a_resumed_training_is_the_same_run(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    logged(folder, [{"epoch": 1.0, "loss": 0.5}], [])
    logged(folder, [{"epoch": 2.0, "loss": 0.4}], [])
    runs = [path.name for path in folder.rglob("run-*.wandb")]
    assert len(runs) == 2
    assert len(set(runs)) == 1


def records(folder: Path) -> list[dict[str, Any]]:
    """The rows of figures in the client's own record of the run."""
    rows = []
    for record in of_client(folder):
        named = [(i.key or ".".join(i.nested_key), i.value_json) for i in record.history.item]
        rows.append({name: json.loads(value) for name, value in named})
    return rows


def of_client(folder: Path) -> list[Any]:
    """Everything in the client's own record."""
    from wandb.proto.wandb_internal_pb2 import Record

    files = [path.read_bytes() for path in sorted(folder.rglob("run-*.wandb"))]
    return [Record.FromString(data) for content in files for data in entries(content)]


def entries(content: bytes) -> Iterator[bytes]:
    """The entries of a log in LevelDB's form, behind seven bytes that name it W&B's."""
    assert content.startswith(b":W&B")
    at, entry = 7, b""
    while at + 7 <= len(content):
        if 32768 - at % 32768 < 7:  # no entry begins in the last bytes of a block
            at += 32768 - at % 32768
            continue
        _, length, kind = struct.unpack_from("<IHB", content, at)
        entry += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield entry
            entry = b""
