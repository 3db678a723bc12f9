"""A backend that cannot train is told before anything else happens."""

from __future__ import annotations

import pytest

from edge.errors import LocalizerError
from train.quiet import refuse_backend


@pytest.mark.parametrize("wanted", ["jxa", "numpy", "openvino"])
def test_another_backend_than_those_that_train_is_refused(
    monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", wanted)
    with pytest.raises(LocalizerError, match=f"tensorflow, jax or torch. .*KERAS_BACKEND={wanted}"):
        refuse_backend()


def test_one_that_is_not_installed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.quiet.find_spec", lambda name: None)
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with pytest.raises(LocalizerError, match="torch is not installed.*pip install torch, or unset"):
        refuse_backend()


@pytest.mark.parametrize("wanted", [None, "", "tensorflow"])
def test_tensorflow_is_there(monkeypatch: pytest.MonkeyPatch, wanted: str | None) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    if wanted is not None:
        monkeypatch.setenv("KERAS_BACKEND", wanted)
    refuse_backend()
