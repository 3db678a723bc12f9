"""Loads a model file on the machine that runs this, and prints its answers to some pictures.

``python arm64_answers.py MODEL PICTURE …``: one line of JSON, for arm64_load.sh to compare.
"""

import json
import platform
import sys
from pathlib import Path

from edge.image import read_image
from edge.localizer import load_localizer

model, *pictures = map(Path, sys.argv[1:])
localizer, runtime = load_localizer(model)
answers = []
for picture in pictures:
    answer = localizer(read_image(picture))
    found = answer.found
    answers.append(
        {
            "picture": picture.name,
            "presence": round(answer.presence, 3),
            "box": [round(edge, 4) for edge in found.box.edges] if found else None,
            "label": found.label if found else None,
        }
    )
print(json.dumps({"machine": platform.machine(), "runtime": runtime, "answers": answers}))
