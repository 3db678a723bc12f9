"""A collected frame on disk: ``NAME.jpg``, and ``NAME.json`` with what the model said of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from edge.box import Box
from edge.observation import Answer, Localization

Reason = Literal["unsure", "appeared", "changed"]
"""Why a frame is worth a label: the model was of two minds, its object has come, or the scene is
unlike all that is kept."""
FOLDER = "/var/lib/edge-run/collected"
"""Where the service collects, unless somebody chose another folder."""
MADE_BY = "edge-run --collect"
STEM = re.compile(
    rf"(?a:\d{{8}}T\d{{6}}\.\d{{3}}Z)-(?:{'|'.join(get_args(Reason))})-[0-9a-f]{{16}}(?:_\d{{1,4}})?"
)
"""What the stem of both files is like: time in UTC, reason, fingerprint of the picture."""
_MOST = 1 << 16  # bytes of a note; ours have a few hundred


@dataclass(frozen=True, slots=True)
class Note:
    """What stands beside a collected frame."""

    reason: Reason
    time: str
    """Of the capture, RFC 3339 in UTC."""
    picture_bytes: int
    """Length of the JPEG: one that is another's is never deleted."""
    fingerprint: int
    """64 bits, of which frames that look alike have most in common."""
    presence: float
    """How sure the model was that its object is there, 0 to 1."""
    found: Localization | None
    """What the model found."""
    withheld: Localization | None
    """What it did not tell only because the presence was under its threshold."""

    @property
    def seen(self) -> Localization | None:
        """Where the object is, if it is there at all."""
        return self.found or self.withheld

    def to_json(self) -> str:
        """The note as a line of JSON."""
        content = {
            "made_by": MADE_BY,
            "reason": self.reason,
            "time": self.time,
            "bytes": self.picture_bytes,
            "fingerprint": f"{self.fingerprint:016x}",
            "presence": round(self.presence, 6),
            "found": told(self.found),
            "withheld": told(self.withheld),
        }
        return json.dumps(content) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Note:
        """The note in ``text``; raises ValueError where it is none of ours."""
        try:
            content = json.loads(text)
            if content["made_by"] != MADE_BY or content["reason"] not in get_args(Reason):
                raise ValueError("another program's file")
            presence = float(content["presence"])
            if not 0 <= presence <= 1:
                raise ValueError(f"presence is from 0 to 1. Received: {presence}")
            return cls(
                content["reason"],
                str(content["time"]),
                int(content["bytes"]),
                int(content["fingerprint"], 16),
                presence,
                heard(content["found"]),
                heard(content["withheld"]),
            )
        except (KeyError, TypeError, OverflowError, RecursionError) as error:
            raise ValueError(f"no note of a collected frame ({error})") from error


def read_note(picture: Path) -> Note | None:
    """The note beside ``picture``; None where there is none, or none of ours."""
    path = picture.with_suffix(".json")
    try:
        if path.stat().st_size > _MOST:
            return None
        return Note.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # UnicodeDecodeError and JSONDecodeError are the latter
        return None


def note_of(answer: Answer, reason: Reason, time: str, size: int, fingerprint: int) -> Note:
    """The note of a frame whose JPEG has ``size`` bytes."""
    return Note(
        reason, time, size, fingerprint, float(answer.presence), answer.found, answer.withheld
    )


def told(found: Localization | None) -> dict[str, Any] | None:
    """``found`` as JSON has it."""
    if found is None:
        return None
    edges = [round(float(edge), 6) for edge in found.box.edges]
    return {"box": edges, "label": found.label, "score": round(float(found.score), 6)}


def heard(content: Any) -> Localization | None:
    """What ``told`` made; raises ValueError, TypeError or KeyError where it is something else."""
    if content is None:
        return None
    left, top, right, bottom = (float(edge) for edge in content["box"])
    return Localization(
        Box(left, top, right, bottom), str(content["label"]), float(content["score"])
    )
