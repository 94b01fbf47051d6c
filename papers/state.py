"""What of a document's facts tells one state of it from another, whatever template sets them."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

import orjson


def state_of(told: Any) -> bytes:
    """A digest of the facts. What is not told is left out: a fact that papers learn to tell later
    changes nothing for documents that have none.
    """
    return hashlib.sha256(orjson.dumps(_facts(told), option=orjson.OPT_SORT_KEYS)).digest()


def _facts(told: Any) -> Any:
    if is_dataclass(told):
        shown = {field.name: _facts(getattr(told, field.name)) for field in fields(told)}
        return {name: value for name, value in shown.items() if value not in (None, [], 0)}
    if isinstance(told, list | tuple):
        return [_facts(each) for each in told]
    return str(told) if isinstance(told, Decimal) else told
