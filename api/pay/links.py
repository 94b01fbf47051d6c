"""Signed links to the pay page: for one invoice, until they expire, and for nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jwt

from api.errors import Refused
from domain.invoicing.invoice import Invoice
from domain.shared.identifiers import MalformedId, typed_id, uuid_of
from store import pay_links

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from store.connections import Connection

PURPOSE = "pay_page"
_ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Link:
    account_id: UUID
    invoice_id: str


def signed(connection: Connection, link: Link, now: datetime, expires_at: datetime) -> str:
    """The link's token. By the clock on the wall, of test accounts too."""
    secret = pay_links.secret_of(connection, link.account_id)
    if secret is None:
        pay_links.make_secret(connection, link.account_id)
        secret = pay_links.secret_of(connection, link.account_id)
    claims = {
        "iss": typed_id("acct", link.account_id), "aud": PURPOSE, "sub": link.invoice_id,
        "iat": now, "exp": expires_at,
    }  # fmt: skip
    return jwt.encode(claims, secret or b"", algorithm=_ALGORITHM)


def read(connection: Connection, token: str) -> Link:
    """Raises Refused 410 for a link that has expired, 404 for any other that is none."""
    account_id = _account(token)
    secret = pay_links.secret_of(connection, account_id)
    if secret is None:
        raise _unknown()
    try:
        claims = jwt.decode(
            token, secret, algorithms=[_ALGORITHM], audience=PURPOSE,
            options={"require": ["exp", "aud", "sub", "iss"]},
        )  # fmt: skip
        uuid_of(claims["sub"], Invoice.prefix)
    except jwt.ExpiredSignatureError:
        raise Refused(410, "link_expired", "this link has expired; ask for a new one") from None
    except (jwt.InvalidTokenError, MalformedId):
        raise _unknown() from None
    return Link(account_id, claims["sub"])


def _account(token: str) -> UUID:
    """Whose secret is to be tried; nothing is believed before the signature is."""
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        return uuid_of(str(claims.get("iss", "")), "acct")
    except (jwt.InvalidTokenError, MalformedId):
        raise _unknown() from None


def _unknown() -> Refused:
    return Refused(404, "not_found", "this link is wrong or incomplete")
