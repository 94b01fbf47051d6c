"""One real example of every event of coupons, discounts, drafts and credit paid back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain.catalog.coupon import Coupon
from domain.invoicing.invoice import Invoice
from domain.payments.balance import Balance
from tests.golden.scenario import (
    CUSTOMER,
    INVOICE,
    LINE,
    METADATA,
    ON,
    PAYMENT,
    START,
    SUBSCRIPTION,
    _subscription,
    begin,
)


def made() -> list[Any]:
    return [*_coupons(), _discounted(), *_drafts(), _paid_back()]


def _coupons() -> list[Any]:
    percent = begin(
        Coupon, 540, code="SPRING", percent=Decimal("12.5"), duration="repeating",
        duration_in_months=3, max_redemptions=100, expires_at=START + timedelta(days=90),
        name="Spring", metadata=METADATA,
    )  # fmt: skip
    amount = begin(Coupon, 541, code="FIVE", amount=500, currency="USD", duration="repeating",
                   periods=2)  # fmt: skip
    percent.redeem(CUSTOMER, START, subscription_id=SUBSCRIPTION)
    amount.redeem(CUSTOMER, START, invoice_id=INVOICE)
    percent.update(
        max_redemptions=50, expires_at=START + timedelta(days=30), name="S", metadata=METADATA
    )
    percent.archive()
    percent.unarchive()
    percent.delete()
    return [percent, amount]


def _discounted() -> Any:
    spring, _ = _coupons()
    whole = spring.discount()
    subscription = _subscription(542, discount=whole)
    counted = whole.after(START, START + timedelta(days=28), "Europe/Berlin")
    subscription.take_discount(counted, START, INVOICE)
    return subscription


def _drafts() -> list[Any]:
    _, five = _coupons()
    line = replace(LINE, discount=500, amount=4790, tax=910)
    fields = {
        "currency": "USD", "collection_method": "send_invoice", "lines": (line,),
        "due_at": START + timedelta(days=9), "discount": five.discount(),
    }  # fmt: skip
    draft, dropped = (
        begin(Invoice, number, customer_id=CUSTOMER, billing_reason="manual", **fields)
        for number in (543, 544)
    )
    draft.revise({**fields, "collection_method": "charge_automatically"})
    draft.issue({
        "series": "INV-", "issued_at": START, "issued_on": ON, "due_at": START + timedelta(9),
        "lines": (line,), "subtotal": 4790, "tax": 910, "total": 5700,
        "revenue_recognition_strategy": "invoice_creation", "discount": five.discount(),
        "due_on": ON + timedelta(days=9),
    })  # fmt: skip
    draft.move_due(START + timedelta(days=20), ON + timedelta(days=20))
    dropped.delete()
    return [draft, dropped]


def _paid_back() -> Any:
    balance = begin(Balance, 545, customer_id=CUSTOMER, currency="USD")
    balance.credit("bal_01kg9x0000e0080000000000b4", 100, "online", "Top-up", at=START, on=ON,
                   payment_id=PAYMENT)  # fmt: skip
    balance.pay_back(
        "bal_01kg9x0000e0080000000000b5", 40, "card", "moved abroad", at=START, on=ON,
        refund_id="ref_01kg9x0000e0080000000000r2", payment_id=PAYMENT,
    )  # fmt: skip
    return balance
