"""Texts that a gateway says, before anything of them is kept: of one line, cleaned, cut to length.

What PostgreSQL cannot hold (NUL, halves of a character) is in no stored event.
"""

from __future__ import annotations

import re

LONGEST_TEXT, LONGEST_CODE, LONGEST_REFERENCE = 500, 64, 255
_UNKEPT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")


class NoAnswer(Exception):
    """Not what the gateway answers: what was asked of it may have been done."""


def words(said: object, longest: int = LONGEST_TEXT) -> str:
    """What is no text is none."""
    return " ".join(_UNKEPT.sub(" ", said).split())[:longest] if isinstance(said, str) else ""


def word(said: object) -> str:
    return words(said, LONGEST_CODE)


def number(said: object, least: int, most: int) -> int | None:
    return said if type(said) is int and least <= said <= most else None


def reference(said: object) -> str:
    """A name to ask by later: never changed. Raises NoAnswer."""
    if not isinstance(said, str) or not said or said != words(said, LONGEST_REFERENCE):
        raise NoAnswer("no name to ask by later")
    return said
