"""Random texts that let somebody in: each names its account, and only a hash of it is kept.

`<kind>_<account>_<secret>`: the account is the 26 characters of its typed id, so that one row of
one account tells whose it is; the secret has 160 random bits.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import TYPE_CHECKING, NamedTuple

from domain.shared.identifiers import MalformedId, typed_id, uuid_of

if TYPE_CHECKING:
    from uuid import UUID

_FORM = re.compile(r"([a-z_]{1,20})_([0-9a-z]{26})_([0-9a-f]{40})", re.ASCII)


class SecretText(NamedTuple):
    """What a text says of itself; whether it is true, the row of its hash tells."""

    kind: str
    account_id: UUID
    hash: bytes


def make(kind: str, account_id: UUID) -> str:
    account = typed_id("acct", account_id).removeprefix("acct_")
    return f"{kind}_{account}_{secrets.token_hex(20)}"


def read(text: str) -> SecretText | None:
    """None for what has another form."""
    form = _FORM.fullmatch(text)
    if form is None:
        return None
    try:
        return SecretText(form[1], uuid_of(f"acct_{form[2]}", "acct"), hash_of(text))
    except MalformedId:
        return None


def hash_of(text: str) -> bytes:
    """Not a slow one: there is nothing to guess in 160 random bits."""
    return hashlib.sha256(text.encode()).digest()
