"""A customer's credit with us in one currency; never negative."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - stored events are decoded by these annotations
from typing import TypedDict
from uuid import UUID, uuid5

from domain.shared.aggregate import Aggregate
from domain.shared.facts import event


class BalanceState(TypedDict):
    customer_id: str
    currency: str
    amount: int


class Balance(Aggregate):
    """One per customer and currency; its id follows from both."""

    TOPIC = "balance"
    prefix = "cbal"
    SNAPSHOT = BalanceState
    SNAPSHOT_EVERY = 20

    class Created(Aggregate.Created):
        TOPIC = "balance.created"
        customer_id: str
        currency: str

    def __init__(self, *, customer_id: str, currency: str) -> None:
        self.customer_id = customer_id
        self.currency = currency
        self.amount = 0

    @staticmethod
    def id_for(customer: UUID, currency: str) -> UUID:
        return uuid5(customer, f"balance:{currency}")

    class Credited(Aggregate.Event):
        """`source`: online or offline (new money), unapplied (returned from a by-payment invoice),
        or receivable (money of a creation-strategy invoice that a job voids)."""

        TOPIC = "balance.credited"
        transaction_id: str
        amount: int
        ending_balance: int
        source: str
        credited_at: datetime
        credited_on: date
        description: str
        invoice_id: str | None = None
        payment_id: str | None = None

    def credit(
        self,
        transaction_id: str,
        amount: int,
        source: str,
        description: str,
        *,
        at: datetime,
        on: date,
        invoice_id: str | None = None,
        payment_id: str | None = None,
    ) -> None:
        """`amount` > 0, in minor units of the balance's currency."""
        self._credited(
            transaction_id=transaction_id,
            amount=amount,
            ending_balance=self.amount + amount,
            source=source,
            credited_at=at,
            credited_on=on,
            description=description,
            invoice_id=invoice_id,
            payment_id=payment_id,
        )

    @event(Credited)
    def _credited(self, amount: int) -> None:
        self.amount += amount
