"""What a donor gives: to whom, from when, and the code it is redeemed by."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations
from secrets import choice
from typing import Any

from domain.shared.personal import ERASED

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, so that a code survives being read out."""

_LENGTH, _GROUP = 20, 5
_MEANT = str.maketrans({"O": "0", "I": "1", "L": "1"})


@dataclass(frozen=True, slots=True)
class Gift:
    """As it was ordered; `start_date` is the earliest that it may begin."""

    recipient_email: str
    recipient_first_name: str | None = None
    recipient_last_name: str | None = None
    message: str | None = None
    start_date: datetime | None = None

    @classmethod
    def erased(cls) -> Gift:
        """Stands where nobody can tell any more what was ordered."""
        return cls(ERASED)


GIVEN = ("recipient_email", "recipient_first_name", "recipient_last_name", "message")
"""What the donor may still put right until it is redeemed."""


def new_code() -> str:
    """A hundred bits by chance, in groups that can be typed."""
    drawn = "".join(choice(ALPHABET) for _ in range(_LENGTH))
    return "-".join(drawn[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def code_digest(account: bytes, code: str) -> str:
    """The fingerprint by which a code is found, however it was typed."""
    plain = "".join(each for each in code.upper() if each.isalnum()).translate(_MEANT)
    return hmac.digest(account, plain.encode(), "sha256").hex()


def given(gift: Gift) -> dict[str, Any]:
    return {name: getattr(gift, name) for name in GIVEN}
