"""A card or account kept at a gateway, known here by the gateway's reference."""

from __future__ import annotations

from domain.shared.aggregate import Aggregate
from domain.shared.errors import Conflict
from domain.shared.facts import event
from domain.shared.personal import Withheld  # noqa: TC001 - stored events are decoded by it


class PaymentMethod(Aggregate):
    TOPIC = "payment_method"
    prefix = "pm"

    class Created(Aggregate.Created):
        """`reference` is what the gateway charges by; the token it came from is not kept."""

        TOPIC = "payment_method.created"
        customer_id: str
        gateway: str
        reference: Withheld[str]
        brand: str | None = None
        last4: str | None = None
        exp_month: int | None = None
        exp_year: int | None = None

    def __init__(
        self,
        *,
        customer_id: str,
        gateway: str,
        reference: str,
        brand: str | None,
        last4: str | None,
        exp_month: int | None,
        exp_year: int | None,
    ) -> None:
        self.customer_id = customer_id
        self.gateway = gateway
        self.reference = reference
        self.brand = brand
        self.last4 = last4
        self.exp_month = exp_month
        self.exp_year = exp_year
        self.deleted = False

    class Deleted(Aggregate.Event):
        TOPIC = "payment_method.deleted"

    def delete(self) -> None:
        if self.deleted:
            raise Conflict("payment_method_deleted", f"payment method {self.ref} is deleted")
        self._deleted()

    @event(Deleted)
    def _deleted(self) -> None:
        self.deleted = True
