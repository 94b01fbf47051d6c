"""API keys: made, renamed, revoked. Their text is the edge's business alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain.accounts.api_key import ApiKey
from domain.commands.act import Done

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from domain.application import Books
    from domain.commands.act import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiKey:
    role: str
    scopes: tuple[str, ...]
    name: str | None = None
    expires_at: datetime | None = None


def begun(new: NewApiKey, key_id: UUID) -> ApiKey:
    return ApiKey.begin(
        ApiKey.Created,
        id=key_id,
        role=new.role,
        scopes=new.scopes,
        name=new.name,
        expires_at=new.expires_at,
    )


def create_api_key(books: Books, new: NewApiKey, key_id: UUID, act: Act) -> Done:
    """That nobody gives more than they have is the edge's to see to: it knows who asks."""
    key = begun(new, key_id)
    return Done(key.ref, books.record(key, by=act.by, given=act.given(key.ref)))


def update_api_key(books: Books, ref: str, changes: dict[str, Any], act: Act) -> Done:
    """Raises Conflict `api_key_revoked`."""
    key = books.load(ApiKey, ref)
    key.update(changes)
    return Done(key.ref, books.record(key, by=act.by, given=act.given(key.ref)))


def revoke_api_key(books: Books, ref: str, act: Act) -> Done:
    """For ever. Raises Conflict `api_key_revoked` the second time."""
    key = books.load(ApiKey, ref)
    key.revoke()
    return Done(key.ref, books.record(key, by=act.by, given=act.given(key.ref)))
