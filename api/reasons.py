"""Why a request was made: the body's `reason` where it has one, else the header `X-Reason`."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from domain.shared.errors import Invalid

HEADER = "X-Reason"
LONGEST = 500


def reason_of(request: Any, body: Any) -> str | None:
    """It stands on every event the request records. Raises Invalid `invalid_reason`."""
    told = getattr(body, "reason", None)
    sent = request.get_header(HEADER)
    if told is not None or sent is None:
        return told
    text = _text(sent).strip()
    if len(text) > LONGEST or not text.isprintable():
        detail = f"is at most {LONGEST} printable characters in UTF-8"
        raise Invalid.one(HEADER, "invalid_reason", detail)
    return text or None


def _text(sent: str) -> str:
    """A header comes as its octets, one a character."""
    with suppress(UnicodeError):
        return sent.encode("latin-1").decode()
    return sent
