"""Collaborators: who works in the account, in which role. One who was removed is hidden."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.accounts.collaborator import ACTIVE, INVITED, Collaborator
from projections.lists import Listing
from projections.rendering import common, instant, taken
from projections.resource import Resource
from projections.table import Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from projections.envelope import Envelope


@dataclass(slots=True)
class CollaboratorRow:
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    name: str | None
    email: str
    role: str
    status: str
    invitation_expires_at: datetime | None
    accepted_at: datetime | None
    deleted: bool


_NAMES = frozenset(field.name for field in fields(CollaboratorRow))


def _created(envelope: Envelope) -> CollaboratorRow:
    told: Collaborator.Created = envelope.event
    return CollaboratorRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        name=told.name,
        email=told.email,
        role=told.role,
        status=INVITED,
        invitation_expires_at=None,
        accepted_at=None,
        deleted=False,
    )


def _invited(row: CollaboratorRow, envelope: Envelope) -> None:
    row.invitation_expires_at = envelope.event.until


def _accepted(row: CollaboratorRow, envelope: Envelope) -> None:
    row.status = ACTIVE
    row.accepted_at = envelope.wall_at
    row.invitation_expires_at = None


def _updated(row: CollaboratorRow, envelope: Envelope) -> None:
    taken(envelope.event.changes, row, _NAMES)


def _removed(row: CollaboratorRow, _: Envelope) -> None:
    row.deleted = True


def render(row: CollaboratorRow, _related: None, *, livemode: bool) -> dict[str, Any]:
    return {
        **common("collaborator", row, livemode=livemode),
        "name": row.name,
        "email": row.email,
        "role": row.role,
        "status": row.status,
        "invitation_expires_at": instant(row.invitation_expires_at),
        "accepted_at": instant(row.accepted_at),
    }


TABLE = Table("collaborators", CollaboratorRow)
VIEW = ResourceView(
    TABLE,
    Collaborator,
    created={Collaborator.Created: _created},
    changed={
        Collaborator.Invited: _invited,
        Collaborator.Accepted: _accepted,
        Collaborator.Updated: _updated,
        Collaborator.Removed: _removed,
    },
)
COLLABORATORS: Resource[CollaboratorRow] = Resource(
    "collaborator",
    VIEW,
    Listing(
        TABLE,
        search=("t.id", "t.name", "t.email"),
        hidden=frozenset({"deleted"}),
        folded=frozenset({"email"}),
        kept="NOT t.deleted",
    ),
    render,
)
