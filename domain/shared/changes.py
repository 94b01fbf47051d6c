"""A partial change of named fields, recorded whole: what was sent, `None` for what was cleared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Changes = dict[str, str | int | bool | list[str | int] | dict[str, str | None] | None]
"""Field names to new values, as plain as JSON: the form in which a change is stored."""


def merged_metadata(kept: Mapping[str, str], sent: Mapping[str, str | None]) -> dict[str, str]:
    """`sent` over `kept`; a null deletes its key."""
    merged = {**kept, **sent}
    return {key: value for key, value in merged.items() if value is not None}


def effective(current: object, sent: Mapping[str, Any]) -> Changes:
    """Of the fields sent, those that differ from what `current` holds; metadata comes merged."""
    wanted = dict(sent)
    if wanted.get("metadata") is not None:
        wanted["metadata"] = merged_metadata(getattr(current, "metadata"), wanted["metadata"])  # noqa: B009
    return {name: value for name, value in wanted.items() if getattr(current, name) != value}
