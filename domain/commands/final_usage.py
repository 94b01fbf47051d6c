"""Usage of a term that no other follows: billed when the subscription ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from domain.commands.billing import Bill, RuleFailed, bill_term
from domain.commands.buyers import buyers_of
from domain.commands.collecting import Case
from domain.commands.coupons import count_discount, covering
from domain.commands.credit_at_issue import credit_of, settle_from_credit
from domain.commands.rules import Rules, usage_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.billing import Usage
    from domain.payments.balance import Balance
    from domain.shared.aggregate import Aggregate
    from domain.subscriptions.subscription import Subscription


NONE_MOVED: Mapping[str, Balance] = {}


class FinalUsage:
    """Bills what ends. `cases` are what is then to be charged, `balances` those that the end moves
    already, by currency."""

    def __init__(
        self,
        books: Books,
        account: Account,
        subscriptions: Sequence[Subscription],
        balances: Mapping[str, Balance] = NONE_MOVED,
    ) -> None:
        metered = [each for each in subscriptions if usage_of(each) is not None]
        self._books, self._account = books, account
        self._buyers, self.rules = buyers_of(books, account, metered), Rules(books, metered)
        self._balances = balances
        self.cases: list[Case] = []

    def ended(self, subscription: Subscription, at: datetime) -> list[Aggregate]:
        """The subscription expired, and what bills its last usage. Nothing of it where the rule
        failed: that is among the rules' failures."""
        case, failed = self.billed(subscription, at)
        subscription.expire(at)
        if failed:
            return []
        return [subscription] if case is None else case.opened()

    def billed(self, subscription: Subscription, at: datetime) -> tuple[Case | None, bool]:
        """What bills its last usage, if there is any, and whether its rule failed."""
        if usage_of(subscription) is None:
            return None, False
        try:
            return self._billed(subscription, at), False
        except RuleFailed as failed:
            self.rules.fail(subscription, subscription.phase, failed, at, again=False)
            return None, True

    def recorded(self, used: Case | None, subscription: Subscription) -> list[Aggregate]:
        """The subscription with what bills it and what failed, for one append."""
        failed = [each for group in self.rules.failures() for each in group.aggregates]
        billed = [] if used is None else used.opened()
        return [*billed, *failed] or [subscription]

    def _billed(self, subscription: Subscription, at: datetime) -> Case | None:
        automatic = subscription.collection_method == "charge_automatically"
        currency = subscription.phase.terms.currency
        moved = self._balances.get(currency)
        bill = Bill(
            customer=self._buyers.customers[subscription.customer_id],
            subscription_ref=subscription.ref,
            phase=subscription.phase,
            quantity=0,
            collection_method=subscription.collection_method,
            billing_reason="subscription_cycle",
            method=self._buyers.method(subscription) if automatic else None,
            notes=subscription.invoice_notes,
            purchase_order=subscription.purchase_order,
            usage=_until(subscription, at),
            off_session=True,
            discount=covering(subscription.discount, subscription.phase),
            credit=credit_of(self._books, self._account, subscription.customer_id, currency, moved)
            if moved
            else self._buyers.credit(subscription),
        )
        invoice, payment = bill_term(self._books, self._account, bill, at)
        if invoice is None:
            return None
        subscription.bill_usage(invoice.ref, at)
        count_discount(subscription, subscription.phase, invoice, at)
        case = Case(payment, invoice, subscription, bill.credit)
        settle_from_credit(self._books, self._account, case, bill.credit, at)
        if payment is not None:
            self.cases.append(case)
        elif automatic and invoice.status == "open":
            invoice.fall_past_due(at)
        return case


def _until(subscription: Subscription, at: datetime) -> Usage | None:
    """What the term brought; one that ends early was delivered until then, and no longer."""
    usage = usage_of(subscription)
    if usage is None or not usage.phase.start < at < usage.phase.end:
        return usage
    return replace(usage, phase=replace(usage.phase, end=at))
