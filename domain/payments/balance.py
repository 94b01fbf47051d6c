"""A customer's credit with us in one currency; never negative."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - stored events are decoded by these annotations
from typing import TypedDict
from uuid import UUID, uuid5

from domain.shared.aggregate import Aggregate
from domain.shared.errors import Invalid
from domain.shared.facts import event
from domain.shared.personal import PARTY, Personal


class BalanceState(TypedDict):
    customer_id: str
    currency: str
    amount: int
    cards: dict[str, int]


class Balance(Aggregate):
    """One per customer and currency; its id follows from both."""

    TOPIC = "balance"
    prefix = "cbal"
    PERSONAL_OF = ("customer_id", PARTY)
    SNAPSHOT = BalanceState
    SNAPSHOT_EVERY = 20
    SNAPSHOT_VERSION = 2

    class Created(Aggregate.Created):
        """Says whose it is, for who has credit and was never sent an invoice. `named` is missing
        in what was recorded before the names were."""

        TOPIC = "balance.created"
        customer_id: str
        currency: str
        customer_email: Personal[str | None] = None
        customer_first_name: Personal[str | None] = None
        customer_last_name: Personal[str | None] = None
        organization_name: str | None = None
        named: bool = False

    def __init__(self, *, customer_id: str, currency: str) -> None:
        self.customer_id = customer_id
        self.currency = currency
        self.amount = 0
        self.cards: dict[str, int] = {}

    @staticmethod
    def id_for(customer: UUID, currency: str) -> UUID:
        return uuid5(customer, f"balance:{currency}")

    class Credited(Aggregate.Event):
        """`source`: online or offline (new money), unapplied (returned from a by-payment invoice),
        receivable (money of a creation-strategy invoice that a job voids), invoice (a negative
        one), void (credit that a voided invoice had been settled with), refund or credit_note
        (money of an invoice given back), refund_failed, or dispute_won (what a bank took)."""

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
    def _credited(self, amount: int, source: str, payment_id: str | None) -> None:
        self.amount += amount
        if source in {"online", "dispute_won"}:
            self._charge(payment_id, amount)

    class Adjusted(Aggregate.Event):
        """By a person: credit given (goodwill) or, with `amount` below zero, taken back."""

        TOPIC = "balance.adjusted"
        transaction_id: str
        amount: int
        ending_balance: int
        adjusted_at: datetime
        adjusted_on: date
        description: str

    def adjust(
        self, transaction_id: str, amount: int, description: str, *, at: datetime, on: date
    ) -> None:
        """Raises Invalid `amount_exceeds_balance`, `invalid_value` for nothing."""
        if amount == 0:
            raise Invalid.one("amount", "invalid_value", "must not be zero")
        self.require(-amount)
        self._adjusted(
            transaction_id=transaction_id,
            amount=amount,
            ending_balance=self.amount + amount,
            adjusted_at=at,
            adjusted_on=on,
            description=description,
        )

    @event(Adjusted)
    def _adjusted(self, amount: int) -> None:
        self.amount += amount

    class Applied(Aggregate.Event):
        """`amount` of the credit settles an invoice, which records it in the same append."""

        TOPIC = "balance.applied"
        transaction_id: str
        amount: int
        ending_balance: int
        applied_at: datetime
        applied_on: date
        description: str
        invoice_id: str

    def apply(
        self,
        transaction_id: str,
        amount: int,
        description: str,
        *,
        at: datetime,
        on: date,
        invoice_id: str,
    ) -> None:
        """Raises Invalid `amount_exceeds_balance`."""
        self.require(amount)
        self._applied(
            transaction_id=transaction_id,
            amount=amount,
            ending_balance=self.amount - amount,
            applied_at=at,
            applied_on=on,
            description=description,
            invoice_id=invoice_id,
        )

    @event(Applied)
    def _applied(self, amount: int) -> None:
        self.amount -= amount

    class PaidBack(Aggregate.Event):
        """Credit given back as money. `to`: card (through the payment that charged it) or offline.
        The refund that pays it out is recorded in the same append."""

        TOPIC = "balance.refunded"
        transaction_id: str
        amount: int
        ending_balance: int
        to: str
        refunded_at: datetime
        refunded_on: date
        description: str
        refund_id: str
        payment_id: str | None = None

    def pay_back(
        self,
        transaction_id: str,
        amount: int,
        to: str,
        description: str,
        *,
        at: datetime,
        on: date,
        refund_id: str,
        payment_id: str | None = None,
    ) -> None:
        """Raises Invalid `amount_exceeds_balance`."""
        self.require(amount)
        self._paid_back(
            transaction_id=transaction_id, amount=amount, ending_balance=self.amount - amount,
            to=to, refunded_at=at, refunded_on=on, description=description, refund_id=refund_id,
            payment_id=payment_id,
        )  # fmt: skip

    @event(PaidBack)
    def _paid_back(self, amount: int, payment_id: str | None) -> None:
        self.amount -= amount
        self._charge(payment_id, -amount)

    class Disputed(Aggregate.Event):
        """A bank took back what the payment had brought, as far as it was still there."""

        TOPIC = "balance.disputed"
        transaction_id: str
        amount: int
        ending_balance: int
        disputed_at: datetime
        disputed_on: date
        description: str
        dispute_id: str
        payment_id: str

    def disputable(self, payment_id: str, amount: int, returned: int = 0) -> int:
        """Of so much that a bank took: what that payment's credit still bears. `returned` of it
        came by way of an invoice that ended unpaid."""
        return max(min(amount, self.cards.get(payment_id, 0) + returned, self.amount), 0)

    def dispute(
        self, transaction_id: str, dispute_id: str, payment_id: str, amount: int, *,
        at: datetime, on: date,
    ) -> None:  # fmt: skip
        """`amount` is at most what is `disputable`."""
        self._disputed(
            transaction_id=transaction_id, amount=amount, ending_balance=self.amount - amount,
            disputed_at=at, disputed_on=on, description=f"Dispute {dispute_id}",
            dispute_id=dispute_id, payment_id=payment_id,
        )  # fmt: skip

    @event(Disputed)
    def _disputed(self, amount: int, payment_id: str) -> None:
        self.amount -= amount
        self._charge(payment_id, -amount)

    def _charge(self, payment_id: str | None, amount: int) -> None:
        """What cards brought and has not gone back to them, by payment, newest last."""
        if payment_id is None:
            return
        left = self.cards.get(payment_id, 0) + amount
        others = {ref: kept for ref, kept in self.cards.items() if ref != payment_id}
        self.cards = {**others, payment_id: left} if left > 0 else others

    def require(self, amount: int) -> None:
        """Raises Invalid `amount_exceeds_balance`."""
        if amount > self.amount:
            detail = f"the balance holds {self.amount} {self.currency}"
            raise Invalid.one("amount", "amount_exceeds_balance", detail)
