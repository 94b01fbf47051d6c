"""Businesses and institutions that customers belong to; no person, so no field is personal."""

from __future__ import annotations

from dataclasses import field

from domain.shared.aggregate import Aggregate
from domain.shared.changes import Changes, effective
from domain.shared.errors import Conflict
from domain.shared.facts import event


class Organization(Aggregate):
    TOPIC = "organization"
    prefix = "org"

    class Created(Aggregate.Created):
        """`address` holds what is known of line1, line2, city, state, postal_code, country."""

        TOPIC = "organization.created"
        name: str
        industry: str | None = None
        website: str | None = None
        email: str | None = None
        phone: str | None = None
        tax_id: str | None = None
        address: dict[str, str] | None = None
        old_provider_id: str | None = None
        metadata: dict[str, str] = field(default_factory=dict)

    def __init__(
        self,
        *,
        name: str,
        industry: str | None,
        website: str | None,
        email: str | None,
        phone: str | None,
        tax_id: str | None,
        address: dict[str, str] | None,
        old_provider_id: str | None,
        metadata: dict[str, str],
    ) -> None:
        self.name = name
        self.industry = industry
        self.website = website
        self.email = email
        self.phone = phone
        self.tax_id = tax_id
        self.address = address
        self.old_provider_id = old_provider_id
        self.metadata = metadata
        self.deleted = False

    class Updated(Aggregate.Event):
        TOPIC = "organization.updated"
        changes: Changes

    def update(self, changes: Changes) -> None:
        self._require_kept()
        changed = effective(self, changes)
        if changed:
            self._updated(changes=changed)

    @event(Updated)
    def _updated(self, changes: Changes) -> None:
        self.__dict__.update(changes)

    class Deleted(Aggregate.Event):
        TOPIC = "organization.deleted"

    def delete(self) -> None:
        """That it has no customers left is the command's condition: it spans aggregates."""
        self._require_kept()
        self._deleted()

    @event(Deleted)
    def _deleted(self) -> None:
        self.deleted = True

    def _require_kept(self) -> None:
        if self.deleted:
            raise Conflict("organization_deleted", f"organization {self.ref} is deleted")
