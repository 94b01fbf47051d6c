"""Where a customer lives or is billed. Of each type a customer has one default at most."""

from __future__ import annotations

from typing import ClassVar

from domain.shared.aggregate import Aggregate
from domain.shared.changes import Changes, effective
from domain.shared.errors import Conflict
from domain.shared.facts import event
from domain.shared.personal import ERASED, PARTY, Personal


class Address(Aggregate):
    TOPIC = "address"
    prefix = "adr"
    PERSONAL_OF = ("customer_id", PARTY)
    PERSONAL: ClassVar = frozenset(
        {"first_name", "last_name", "company", "line1", "line2", "city", "state", "postal_code"}
    )

    class Created(Aggregate.Created):
        """`country` is ISO 3166-1 alpha-2; `type` is billing or shipping."""

        TOPIC = "address.created"
        customer_id: str
        type: str
        line1: Personal[str]
        country: str
        first_name: Personal[str | None] = None
        last_name: Personal[str | None] = None
        company: Personal[str | None] = None
        line2: Personal[str | None] = None
        city: Personal[str | None] = None
        state: Personal[str | None] = None
        postal_code: Personal[str | None] = None
        is_default: bool = False
        old_provider_id: str | None = None

    def __init__(
        self,
        *,
        customer_id: str,
        type: str,  # noqa: A002 - the contract's name for it
        line1: str,
        country: str,
        first_name: str | None,
        last_name: str | None,
        company: str | None,
        line2: str | None,
        city: str | None,
        state: str | None,
        postal_code: str | None,
        is_default: bool,
        old_provider_id: str | None,
    ) -> None:
        self.customer_id = customer_id
        self.type = type
        self.line1 = line1
        self.country = country
        self.first_name = first_name
        self.last_name = last_name
        self.company = company
        self.line2 = line2
        self.city = city
        self.state = state
        self.postal_code = postal_code
        self.is_default = is_default
        self.old_provider_id = old_provider_id
        self.deleted = False
        self.erased = False

    class Updated(Aggregate.Event):
        """`changes` may hold personal fields, by the names in `Address.PERSONAL`."""

        TOPIC = "address.updated"
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
        TOPIC = "address.deleted"

    def delete(self) -> None:
        self._require_kept()
        self._deleted()

    @event(Deleted)
    def _deleted(self) -> None:
        self.deleted = True
        self.is_default = False

    class Erased(Aggregate.Event):
        """Deleted, and nobody can tell any more where it was: its customer is erased."""

        TOPIC = "address.erased"

    def erase(self) -> None:
        """Of one that was deleted before, too."""
        if not self.erased:
            self._erased()

    @event(Erased)
    def _erased(self) -> None:
        for name in self.PERSONAL:
            setattr(self, name, ERASED if name == "line1" else None)
        self.deleted = self.erased = True
        self.is_default = False

    def _require_kept(self) -> None:
        if self.deleted:
            raise Conflict("address_deleted", f"address {self.ref} is deleted")
