"""Train on real pictures with the fixed split, convert, and print what the device would reach."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click
import numpy as np

from edge.image import picture_paths


def fixed_test_list(data: Path) -> list[str]:
    """The stems of the last fifth of ``RandomState(0).permutation`` over the sorted file names."""
    folder = data / "images" if (data / "images").is_dir() else data
    stems = [path.stem for path in picture_paths(folder)]
    order = np.random.RandomState(0).permutation(len(stems))
    return [stems[i] for i in order[len(stems) - round(0.2 * len(stems)) :]]


@click.command()
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--weights", default="imagenet", show_default=True)
@click.option("--out", default="runs", show_default=True, type=click.Path(path_type=Path))
def main(data: tuple[Path, ...], weights: str, out: Path) -> None:
    """Train, convert and measure each folder of DATA; a finished run is not made again."""
    from rich.console import Console

    from convert.job import convert
    from edge.card import read_card
    from train.fit import fit
    from train.progress import say
    from train.settings import Settings

    out.mkdir(exist_ok=True)
    console = Console()
    rows = []
    for folder in data:
        run, model = out / folder.name, out / f"{folder.name}.tflite"
        if not run.exists():
            names = out / f"{folder.name}-held-out.txt"
            names.write_text("\n".join(fixed_test_list(folder)) + "\n")
            settings = Settings(
                weights=weights,
                size=224,
                held_out=str(names),
                validation=0.1,
                objects="first",
            )
            start = time.monotonic()
            fit(folder, run, settings, console)
            say(console, f"{folder.name}: {time.monotonic() - start:.0f} s in all")
        if not model.exists():
            convert(run, model, out / f"{folder.name}-sheet.png", console)
        seconds = json.loads((run / "report.json").read_text())["seconds"]
        quality = read_card(model).quality
        for name in ("float", "int8"):
            f = quality[name]
            rows.append(
                f"| {folder.name} | {name} | {f['images']} | {f['mean_iou']:.3f} | {f['iou50']:.3f}"
                f" | {f['iou75']:.3f} | {f['accuracy']:.3f} | {f['withheld']} | {seconds:.0f} |"
            )
    print("| data | model | held out | mean IoU | ≥ 0.5 | ≥ 0.75 | class | withheld | training s |")
    print("|---|---|---|---|---|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
