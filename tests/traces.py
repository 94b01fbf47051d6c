"""Finds a text in what is stored, in the forms that hide it from a plain search."""

from __future__ import annotations

import base64
import json


def forms_of(text: str) -> set[bytes]:
    """Plain, in other cases, as JSON escapes it, as hexadecimal, in base 64 wherever it begins."""
    spelled = {text, text.lower(), text.upper(), json.dumps(text)[1:-1]}
    plain = {each.encode() for each in spelled}
    hexed = {form for each in plain for form in (each.hex().encode(), each.hex().upper().encode())}
    return plain | hexed | {form for each in plain for form in _in_base64(each)}


def _in_base64(plain: bytes) -> set[bytes]:
    """Less what its neighbours have a part in."""
    found = set()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + plain)
        first = (before * 8 + 5) // 6
        found.add(encoded[first : len(base64.b64encode(plain)) - 4 + first - 1])
    return {each for each in found if len(each) >= 6}


def traces(stored: bytes, texts: list[str]) -> list[bytes]:
    return [form for text in texts for form in sorted(forms_of(text)) if form in stored]
