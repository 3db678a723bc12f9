"""Every preset takes its own options, and refuses another's in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from train.cli import main
from train.presets.options import NAMES, OURS, preset_of, published, settings_of
from train.settings import Settings

GIVEN = {
    "weights": "none", "size": 224, "alpha": 1.0, "epochs": None, "batch": None, "seed": 0,
    "held_out": "0.2", "validation": 0.1, "heads": "both", "preset": OURS,
}  # fmt: skip


def settings(**given: object) -> Settings:
    return settings_of(GIVEN | given, given.keys())


def refused(drawn_set: Path, tmp_path: Path, *options: str) -> str:
    """What ``edge-train fit`` says when it refuses ``options``."""
    arguments = ["fit", str(drawn_set), "--out", str(tmp_path / "run"), *options]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1, result.output
    assert not (tmp_path / "run").exists()
    return result.output


@pytest.mark.parametrize(
    ("options", "takers"),
    [
        ("--preset mnist --vectorizer gap", "--vectorizer belongs to --preset selfie"),
        ("--preset conv5 --box-loss mse", "--box-loss belongs to --preset selfie"),
        ("--preset selfie --classifier x.keras", "--classifier belongs to --preset snacks"),
        ("--preset conv5 --heads class", "--heads belongs to --preset snacks"),
        ("--preset mnist --weights none", "--weights belongs to --preset localizer and snacks"),
        ("--preset selfie --alpha 0.5", "--alpha belongs to --preset localizer and snacks."),
        ("--preset snacks --negatives x", "--negatives belongs to --preset localizer."),
        ("--preset mnist --backbone mobilenet", "--backbone belongs to --preset localizer."),
        ("--classifier x.keras", "--classifier belongs to --preset snacks"),
    ],
)
def test_an_option_of_another_preset_is_refused(
    drawn_set: Path, tmp_path: Path, options: str, takers: str
) -> None:
    said = refused(drawn_set, tmp_path, *options.split())
    assert takers in said
    assert "or name another preset" in said


@pytest.mark.parametrize(("preset", "size"), [("conv5", 187), ("selfie", 64), ("mnist", 34)])
def test_a_size_that_the_layers_leave_nothing_of_is_refused(
    drawn_set: Path, tmp_path: Path, preset: str, size: int
) -> None:
    said = refused(drawn_set, tmp_path, "--preset", preset, "--size", str(size))
    assert f"--size is at least {size + 1} for --preset {preset}. Received: {size}" in said


@pytest.mark.parametrize("other", ["--weights none", "--heads class"])
def test_a_classifier_leaves_nothing_to_choose(drawn_set: Path, tmp_path: Path, other: str) -> None:
    options = f"--preset snacks --classifier x.keras {other}".split()
    said = refused(drawn_set, tmp_path, *options)
    assert f"so {other.removesuffix(' none')} has nothing to do. Received: x.keras" in said


def test_the_default_is_our_own_localizer() -> None:
    assert settings().preset == OURS
    assert preset_of(settings()) is None


@pytest.mark.parametrize("name", NAMES[1:])
def test_a_preset_has_its_published_size_unless_another_is_given(name: str) -> None:
    assert settings(preset=name).size == published()[name].size
    assert settings(preset=name, size=256).size == 256


@pytest.mark.parametrize("name", ["mnist", "conv5"])
def test_a_preset_without_a_backbone_starts_from_nothing(name: str) -> None:
    default = GIVEN | {"weights": "imagenet", "preset": name}
    assert settings_of(default, {"preset"}).weights == "none"


def test_heads_class_alone_means_the_classifier_of_snacks() -> None:
    chosen = settings(heads="class")
    preset = preset_of(chosen)
    assert chosen.preset == "snacks" and preset is not None and preset.heads == ("label",)
