"""Who buys: names and how to reach them. Personal fields are marked from the first event on."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations
from typing import ClassVar

from domain.shared.aggregate import Aggregate
from domain.shared.changes import Changes, effective
from domain.shared.errors import Conflict
from domain.shared.facts import event
from domain.shared.personal import PROFILE, Personal


class Customer(Aggregate):
    TOPIC = "customer"
    prefix = "cus"
    PERSONAL_OF = ("ref", PROFILE)
    PERSONAL: ClassVar = frozenset(
        {"email", "first_name", "last_name", "title", "phone", "metadata"}
    )

    class Created(Aggregate.Created):
        TOPIC = "customer.created"
        email: Personal[str | None] = None
        first_name: Personal[str | None] = None
        last_name: Personal[str | None] = None
        title: Personal[str | None] = None
        phone: Personal[str | None] = None
        language: str | None = None
        organization_id: str | None = None
        old_provider_id: str | None = None
        metadata: Personal[dict[str, str]] = field(default_factory=dict)

    def __init__(
        self,
        *,
        email: str | None,
        first_name: str | None,
        last_name: str | None,
        title: str | None,
        phone: str | None,
        language: str | None,
        organization_id: str | None,
        old_provider_id: str | None,
        metadata: dict[str, str],
    ) -> None:
        self.email = email
        self.first_name = first_name
        self.last_name = last_name
        self.title = title
        self.phone = phone
        self.language = language
        self.organization_id = organization_id
        self.old_provider_id = old_provider_id
        self.metadata = metadata
        self.default_payment_method_id: str | None = None
        self.erased_at: datetime | None = None
        self.invoices_erased = False

    class Updated(Aggregate.Event):
        """`changes` may hold personal fields, by the names in `Customer.PERSONAL`."""

        TOPIC = "customer.updated"
        changes: Changes

    def update(self, changes: Changes) -> None:
        """Raises Conflict `customer_erased`."""
        self.require_not_erased()
        changed = effective(self, changes)
        if changed:
            self._updated(changes=changed)

    @event(Updated)
    def _updated(self, changes: Changes) -> None:
        self.__dict__.update(changes)

    class Erased(Aggregate.Event):
        """Nobody can tell any more who it was: the key to what was known of them is destroyed with
        this. `invoices`: so is the key to whom their documents were written to."""

        TOPIC = "customer.erased"
        erased_at: datetime
        invoices: bool = False

    def erase(self, at: datetime, *, invoices: bool) -> None:
        """Once is enough, or twice where the invoices are let go later."""
        if self.erased_at is None or (invoices and not self.invoices_erased):
            self._erased(erased_at=at, invoices=invoices)

    @event(Erased)
    def _erased(self, erased_at: datetime, invoices: bool) -> None:
        for name in self.PERSONAL:
            setattr(self, name, {} if name == "metadata" else None)
        self.default_payment_method_id = None
        self.erased_at = self.erased_at or erased_at
        self.invoices_erased = invoices

    def require_not_erased(self) -> None:
        """Raises Conflict `customer_erased`: nothing new begins with them."""
        if self.erased_at is not None:
            raise Conflict("customer_erased", f"customer {self.ref} was erased")
