"""Organisations: the businesses that customers belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.fields import (
    Body,
    Email,
    Metadata,
    MetadataChange,
    Name,
    OldId,
    PostalAddress,
    Text,
    absent,
)
from api.resource_routes import reads, write
from api.route import Route
from api.writing import Written, of
from domain.commands import organizations
from projections.groups import RESOURCES
from projections.organizations import ORGANIZATIONS
from projections.reading import wait_for

if TYPE_CHECKING:
    from api.call import Call


_PATIENCE_MS = 15_000


class OrganizationCreation(Body):
    name: Name
    industry: Text | None = None
    website: Text | None = None
    email: Email | None = None
    phone: Text | None = None
    tax_id: Text | None = None
    address: PostalAddress | None = None
    old_provider_id: OldId | None = None
    metadata: Metadata = absent()


class OrganizationChange(Body):
    """An address replaces the one before, whole."""

    name: Name = absent()
    industry: Text | None = None
    website: Text | None = None
    email: Email | None = None
    phone: Text | None = None
    tax_id: Text | None = None
    address: PostalAddress | None = None
    old_provider_id: OldId | None = None
    metadata: MetadataChange = absent()


def _sent(body: Body) -> dict[str, Any]:
    """Of an address, what is known."""
    sent = body.sent()
    address = sent.get("address")
    if address is not None:
        sent["address"] = {part: text for part, text in address.items() if text is not None}
    return sent


def create(call: Call, body: OrganizationCreation) -> Written:
    new = organizations.NewOrganization(**_sent(body))
    return of(organizations.create_organization(call.books, new, call.act))


def update(call: Call, body: OrganizationChange) -> Written:
    changes = _sent(body)
    done = organizations.update_organization(call.books, call.ref, changes, call.act, call.version)
    return of(done)


def delete(call: Call, _: Body) -> Written:
    """Thousands of customers may be unlinked, all or none: the next read sees that of them too."""
    with call.transaction():
        written = of(organizations.delete_organization(call.books, call.ref, call.act))
    if written.recorded is not None:
        position = written.recorded.last_position
        wait_for(call.services.connections, call.account_id, RESOURCES, position, _PATIENCE_MS)
    return written


ROUTES: tuple[Route, ...] = reads(
    ORGANIZATIONS,
    write(
        ORGANIZATIONS,
        "POST",
        "",
        create,
        "Create an organisation",
        OrganizationCreation,
        status=201,
        alone=True,
    ),
    write(ORGANIZATIONS, "PATCH", "/{id}", update, "Change an organisation", OrganizationChange),
    write(
        ORGANIZATIONS,
        "DELETE",
        "/{id}",
        delete,
        "Delete an organisation; its customers stay, unlinked",
        deletes=True,
    ),
)
