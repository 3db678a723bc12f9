"""What smoothing gains and costs: jitter at rest and lag in motion of a box with known truth.

``python -m benchmarks.steadiness`` prints the table from which the constants of
``edge.tracking.Steadiness`` were chosen; options try others.
"""

from __future__ import annotations

from dataclasses import dataclass

import click
import numpy as np
import numpy.typing as npt

from edge.tracking import OneEuro, Steadiness

Floats = npt.NDArray[np.float64]

_NOISE = 0.006
"""Standard deviation of an edge, in picture widths: about what a MobileNetV2 at 224 pixels trained
on pets shows in ``benchmarks.moving``."""
_STILL_S, _MOVING_S = 20.0, 2.0


@dataclass(frozen=True, slots=True)
class Result:
    """One rate and speed, measured."""

    raw_jitter: float
    """Standard deviation of the step from frame to frame at rest, in picture widths."""
    jitter: float
    raw_error: float
    """Root mean square distance from the truth at rest, in picture widths."""
    error: float
    lag_s: float
    """Seconds that the box is behind in steady motion."""
    worst: float
    """How far it is behind at most after the sudden start, in picture widths."""


def measured(
    how: Steadiness, rate: float, speed: float, noise: float = _NOISE, seed: int = 0
) -> Result:
    """A middle that rests, then moves at ``speed`` picture widths a second, seen at ``rate``."""
    rng = np.random.default_rng(seed)
    still, moving = round(_STILL_S * rate), round(_MOVING_S * rate)
    truth = np.concatenate([np.zeros(still), speed * np.arange(1, moving + 1) / rate])
    # The middle of two edges that tremble alone.
    raw = truth + rng.normal(0.0, noise / np.sqrt(2.0), truth.size)
    smooth = OneEuro(how.rest_hz, how.haste, how.speed_hz)
    told = np.array([smooth([value], index / rate)[0] for index, value in enumerate(raw)])
    rest, motion = slice(round(rate), still), slice(still + moving // 2, None)
    return Result(
        raw_jitter=float(np.diff(raw[rest]).std()),
        jitter=float(np.diff(told[rest]).std()),
        raw_error=_rms(raw[rest] - truth[rest]),
        error=_rms(told[rest] - truth[rest]),
        lag_s=float((truth[motion] - told[motion]).mean() / speed),
        worst=float((truth[still:] - told[still:]).max()),
    )


def _rms(errors: Floats) -> float:
    return float(np.sqrt((errors**2).mean()))


@click.command()
@click.option("--rest-hz", default=Steadiness().rest_hz, show_default=True)
@click.option("--haste", default=Steadiness().haste, show_default=True)
@click.option("--speed-hz", default=Steadiness().speed_hz, show_default=True)
@click.option("--noise", default=_NOISE, show_default=True, help="Of an edge, in picture widths.")
def main(rest_hz: float, haste: float, speed_hz: float, noise: float) -> None:
    """Print jitter and lag at several frame rates and speeds."""
    how = Steadiness(rest_hz=rest_hz, haste=haste, speed_hz=speed_hz)
    print("frames/s  widths/s  jitter left  error left  lag                worst")
    for rate in (5.0, 15.0, 30.0, 60.0):
        for speed in (0.1, 0.33, 1.0):
            got = measured(how, rate, speed, noise)
            print(
                f"{rate:8.0f}  {speed:8.2f}  {got.jitter / got.raw_jitter:11.0%}  "
                f"{got.error / got.raw_error:10.0%}  {got.lag_s * 1000:4.0f} ms = "
                f"{got.lag_s * rate:.1f} frames  {got.worst:.3f}"
            )


if __name__ == "__main__":
    main()
