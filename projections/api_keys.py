"""API keys: what each may and until when. When one was last used is operational, and joined.

A key works in the world's time, so its own instants are the world's, on a test account too.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.accounts.api_key import ApiKey
from projections.conditions import Field
from projections.lists import Listing
from projections.reading import Reading
from projections.rendering import common, instant, read, stored_list, taken
from projections.resource import Resource
from projections.table import Json, Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from projections.envelope import Envelope
    from projections.table import Rows

_LAST_USES = """
SELECT s.id, s.last_used_at
  FROM api_key_secrets s
 WHERE s.account_id = %(account)s AND s.id = ANY (%(ids)s) AND s.last_used_at IS NOT NULL"""

_LAST_USE = """
(SELECT s.last_used_at FROM api_key_secrets s WHERE s.account_id = t.account_id AND s.id = t.id)"""


@dataclass(slots=True)
class ApiKeyRow:
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    name: str | None
    role: str
    scopes: Json
    expires_at: datetime | None
    revoked_at: datetime | None


_NAMES = frozenset(field.name for field in fields(ApiKeyRow))


def _created(envelope: Envelope) -> ApiKeyRow:
    told: ApiKey.Created = envelope.event
    return ApiKeyRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        name=told.name,
        role=told.role,
        scopes=stored_list(told.scopes),
        expires_at=told.expires_at,
        revoked_at=None,
    )


def _updated(row: ApiKeyRow, envelope: Envelope) -> None:
    taken(envelope.event.changes, row, _NAMES)


def _revoked(row: ApiKeyRow, envelope: Envelope) -> None:
    row.revoked_at = envelope.wall_at


def _last_uses(rows: Rows, of: Sequence[ApiKeyRow]) -> Mapping[str, datetime]:
    """As the table says now; a fold of the log alone knows nothing of it."""
    if not isinstance(rows, Reading) or not of:
        return {}
    return dict(rows.select(_LAST_USES, {"ids": [row.id for row in of]}))


def render(row: ApiKeyRow, last_used_at: datetime | None, *, livemode: bool) -> dict[str, Any]:
    return {
        **common("api_key", row, livemode=livemode),
        "name": row.name,
        "role": row.role,
        "scopes": read(row.scopes),
        "expires_at": instant(row.expires_at),
        "last_used_at": instant(last_used_at),
        "revoked_at": instant(row.revoked_at),
    }


TABLE = Table("api_keys", ApiKeyRow)
VIEW = ResourceView(
    TABLE,
    ApiKey,
    created={ApiKey.Created: _created},
    changed={ApiKey.Updated: _updated, ApiKey.Revoked: _revoked},
)
API_KEYS: Resource[ApiKeyRow] = Resource(
    "api_key",
    VIEW,
    Listing(
        TABLE,
        search=("t.id", "t.name"),
        more=[Field("last_used_at", _LAST_USE, "timestamptz")],
    ),
    render,
    related=_last_uses,
)
