"""Holds the answers of other machines against the first one's: ``python arm64_compare.py FILE …``.

Exit code 1 where a label differs or an edge lies over a twentieth of the picture apart: runtimes
round differently, by some pixels.
"""

import json
import sys
from pathlib import Path

_APART = 0.05

reference, *others = (json.loads(Path(name).read_text().splitlines()[-1]) for name in sys.argv[1:])
good = True
for told in (reference, *others):
    print(f"{told['machine']} {told['runtime']}:")
    for answer, known in zip(told["answers"], reference["answers"], strict=True):
        apart = 0.0
        if answer["box"] and known["box"]:
            apart = max(abs(a - b) for a, b in zip(answer["box"], known["box"], strict=True))
        same = answer["label"] == known["label"] and apart <= _APART
        good = good and same
        print(
            f"  {answer['picture']}: {answer['label']} {answer['box']} presence "
            f"{answer['presence']}, farthest edge {apart:.4f} {'' if same else 'DIFFERS'}"
        )
print("all answers agree" if good else "the answers differ")
sys.exit(0 if good else 1)
