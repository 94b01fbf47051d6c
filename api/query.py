"""What the query of an address says: each parameter once, in text, and none that is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.shared.errors import FieldError, Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping


def query_of(request: Any) -> dict[str, str]:
    """Each parameter once. Raises Invalid for one given twice or not in text."""
    wrong = []
    for name, value in request.params.items():
        if isinstance(value, list):
            wrong.append(FieldError(name, "given_twice", "may be given once"))
        elif not _is_text(name + value):
            wrong.append(FieldError(name[:100], "not_allowed", "may not contain such characters"))
    if wrong:
        raise Invalid(tuple(wrong))
    return dict(request.params)


def _is_text(value: str) -> bool:
    """Falcon puts the replacement character where the octets are no UTF-8."""
    return "\x00" not in value and "\ufffd" not in value


def allow(query: Mapping[str, str], *known: str) -> None:
    """Raises Invalid naming every parameter that is not known."""
    unknown = [
        FieldError(name[:100], "unknown_filter", "there is no such parameter")
        for name in query
        if name not in known
    ]
    if unknown:
        raise Invalid(tuple(unknown))
