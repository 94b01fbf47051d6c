"""What people typed, made ready to be set: as it stands, with nothing in it that acts."""

from __future__ import annotations

import re
import unicodedata
from typing import TypedDict

_ENDS = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_LONGEST_WORD = 24
_AT_LEAST = 8
"""Letters between two places at which a long word may be broken: lines are filled."""
_LONG_WORD = re.compile(rf"[^\s\u200b]{{{_LONGEST_WORD + 1},}}")
# Controls would be shown as boxes; the ones of direction could turn the figures beside them round.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
)
_BREAK = "\u200b"
_OUR_ID = re.compile("[a-z]{2,4}_[0-9a-z]{26}")


class Typed(TypedDict):
    text: str
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
    return {"text": _LONG_WORD.sub(_breakable, seen), "rtl": _right_to_left(seen)}


def _right_to_left(text: str) -> bool:
    """By its first letter, as browsers tell (Unicode bidirectional algorithm, P2 and P3)."""
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction in {"L", "R", "AL"}:
            return direction != "L"
    return False


def _breakable(word: re.Match[str]) -> str:
    """A word longer than a column may be broken, never between a letter and what belongs to it."""
    if _OUR_ID.fullmatch(word[0]):  # somebody may copy it
        return word[0]
    pieces: list[str] = []
    since = 0
    for letter in word[0]:
        joins = unicodedata.category(letter) in {"Mn", "Mc", "Me", "Cf", "Sk"}
        if since >= _AT_LEAST and not joins and not _joined(pieces):
            pieces.append(_BREAK)
            since = 0
        pieces.append(letter)
        since += 1
    return "".join(pieces)


def _joined(before: list[str]) -> bool:
    """A zero-width joiner holds what follows it."""
    return bool(before) and before[-1] == "\u200d"
