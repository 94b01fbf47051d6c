"""Who may do what: one matrix from a role to the rules it meets, and a key's narrowing scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PUBLIC = "public"
"""The rule of a route that anybody may use."""

EVERYTHING = "*"

MATRIX: Mapping[str, frozenset[str]] = {"owner": frozenset({EVERYTHING})}
"""Role to rules such as `products:write`."""


def allowed(role: str, scopes: Sequence[str], rule: str) -> bool:
    """A role grants, a scope narrows: both have to name the rule."""
    return _named(MATRIX.get(role, frozenset()), rule) and _named(scopes, rule)


def _named(granted: Sequence[str] | frozenset[str], rule: str) -> bool:
    noun = rule.partition(":")[0]
    return EVERYTHING in granted or rule in granted or f"{noun}:{EVERYTHING}" in granted
