"""What people typed, made ready to be set: as it stands, with nothing in it that acts."""

from __future__ import annotations

import re
import unicodedata
from typing import TypedDict

_ENDS = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
# Without the scripts whose lines may end between any two letters, or by a dictionary.
_LONG_WORD = re.compile(
    "([^\\s\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\uff00-\uffef\U0001f000-\U0003ffff]{13,})"
)
# Controls would be shown as boxes; the ones of direction could turn the figures beside them round.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
)


class Typed(TypedDict):
    """`runs` are the same text; every other one is a word that may be wider than its column."""

    text: str
    runs: list[str]
    rtl: bool


def typed(text: str | None) -> Typed:
    """One line of it."""
    return _typed(" ".join(_ENDS.split(text or "")))


def paragraphs(text: str | None) -> list[Typed]:
    """Line by line, each in its own direction; an empty one stays as a space between."""
    if not (text or "").strip():
        return []
    return [_typed(line) for line in _ENDS.split((text or "").rstrip())]


def plain(text: str) -> str:
    """One line without controls, for a title."""
    return _UNSEEN.sub("", " ".join(_ENDS.split(text)))


def _typed(line: str) -> Typed:
    seen = _UNSEEN.sub("", line)
    return {"text": seen, "runs": _LONG_WORD.split(seen), "rtl": _right_to_left(seen)}


def _right_to_left(text: str) -> bool:
    """By its first letter, as browsers tell (Unicode bidirectional algorithm, P2 and P3)."""
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction in {"L", "R", "AL"}:
            return direction != "L"
    return False
