"""What makes a subscription's terms cheaper: taken up, counted for each term, used up."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations

from domain.shared.aggregate import Aggregate
from domain.shared.discount import Discount  # noqa: TC001 - as above
from domain.shared.facts import event
from domain.subscriptions.beginning import Beginning


class Discounting(Beginning):
    class Discounted(Aggregate.Event):
        """Its discount as it stands: taken up, or counted for the term that `invoice_id` bills."""

        TOPIC = "subscription.discounted"
        discounted_at: datetime
        discount: Discount | None
        invoice_id: str | None = None

    def take_discount(
        self, discount: Discount | None, at: datetime, invoice_id: str | None = None
    ) -> None:
        self._discounted(discounted_at=at, discount=discount, invoice_id=invoice_id)

    @event(Discounted)
    def _discounted(self, discount: Discount | None) -> None:
        self.discount = discount
