"""The options of ``edge-train fit`` that presets bring, and which preset takes which."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from edge.errors import LocalizerError

if TYPE_CHECKING:
    from train.presets.preset import Preset
    from train.settings import Settings

OURS = "localizer"
NAMES = (OURS, "mnist", "conv5", "snacks", "selfie")
_OF_OURS = frozenset(
    {
        "weights",
        "alpha",
        "backbone",
        "negatives",
        "false_alarms",
        "mixed_precision",
        "mirror",
        "variety",
    }
)
_BROUGHT = (
    click.option(
        "--preset",
        type=click.Choice(NAMES),
        default=OURS,
        show_default=True,
        help="Which localizer to train: ours, or one of the published ones.",
    ),
    click.option(
        "--heads",
        type=click.Choice(["both", "class"]),
        default="both",
        show_default=True,
        help="snacks: class trains its classifier alone, for --classifier.",
    ),
    click.option(
        "--classifier",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="snacks: the model.keras of a trained classifier to start from.",
    ),
    click.option(
        "--vectorizer",
        type=click.Choice(["gap", "flatten"]),
        help="selfie: how the last map becomes a vector.  [default: gap]",
    ),
    click.option(
        "--box-loss",
        type=click.Choice(["mse", "smooth-l1"]),
        help="selfie: what is made small.  [default: mse]",
    ),
)


def preset_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``command``, with the options that presets bring."""
    for option in reversed(_BROUGHT):
        command = option(command)
    return command


def given_options() -> frozenset[str]:
    """The options that the user wrote on the command line of the running command."""
    context = click.get_current_context()
    return frozenset(
        name
        for name in context.params
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    )


def published() -> dict[str, Preset]:
    """The published localizers by name."""
    from train.presets.conv5 import CONV5
    from train.presets.mnist import MNIST
    from train.presets.selfie import SELFIE
    from train.presets.snacks import SNACKS

    return {one.name: one for one in (MNIST, CONV5, SNACKS, SELFIE)}


def preset_of(settings: Settings) -> Preset | None:
    """The preset that ``settings`` name; None for our own localizer."""
    from train.presets.snacks import CLASSIFIER

    return CLASSIFIER if settings.heads == "class" else published().get(settings.preset)


def settings_of(options: Mapping[str, Any], given: Collection[str]) -> Settings:
    """The settings that ``options`` of ``edge-train fit`` amount to.

    given: the names of those that the user wrote; the preset decides on others.
    Raises LocalizerError where one belongs to another preset.
    """
    from train.settings import Settings

    chosen = dict(options)
    if chosen["heads"] == "class" and "preset" not in given:
        chosen["preset"] = "snacks"
    settings = Settings(**chosen)
    _refuse_foreign(settings, given)
    preset = preset_of(settings)
    if preset is None:
        if settings.size % 32:
            raise LocalizerError(f"--size is a multiple of 32. Received: {settings.size}")
        return settings
    if "size" not in given:
        chosen["size"] = preset.size
    if chosen["size"] < preset.smallest:
        raise LocalizerError(
            f"--size is at least {preset.smallest} for --preset {preset.name}. "
            f"Received: {chosen['size']}"
        )
    if settings.classifier is not None or "weights" not in preset.options:
        chosen["weights"] = "none"
    return Settings(**chosen)


def _refuse_foreign(settings: Settings, given: Collection[str]) -> None:
    """Raise LocalizerError where an option was given that the preset does not take."""
    taken = {OURS: _OF_OURS} | {name: one.options for name, one in published().items()}
    for option in sorted(set().union(*taken.values()) & set(given)):
        if option not in taken[settings.preset]:
            name = "--" + option.replace("_", "-")
            takers = " and ".join(preset for preset in taken if option in taken[preset])
            raise LocalizerError(
                f"{name} belongs to --preset {takers}. Received: --preset {settings.preset}; "
                f"leave {name} out, or name another preset"
            )
    if settings.classifier is not None:
        for other, said in (("heads", "--heads class"), ("weights", "--weights")):
            if other in given and getattr(settings, other) != "both":
                raise LocalizerError(
                    f"--classifier brings backbone and class weights, so {said} has nothing to "
                    f"do. Received: {settings.classifier}; leave one of them out"
                )
