"""The values that a column can have at all, for those that have only a few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.exporting import export
from domain.invoicing import invoice
from domain.payments import dispute, payment
from domain.shared.discount import FOREVER, ONCE, REPEATING
from domain.shared.money import EXPONENTS
from domain.shared.period import Interval
from domain.subscriptions import member, states

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_EVERYWHERE: Mapping[str, Collection[str]] = {
    "currency": EXPONENTS,
    "collection_method": ("charge_automatically", "send_invoice"),
    "revenue_recognition_strategy": ("invoice_creation", "invoice_payment"),
    "tax_behavior": ("exclusive", "inclusive"),
    "interval": tuple(Interval),
    "gateway": ("sandbox", "stripe", "vantiv"),
    "policy": ("proportional", "unearned_first"),
    "category": ("check", "wire", "transfer", "cash", "external"),
}
_OF_TABLE: Mapping[str, Mapping[str, Collection[str]]] = {
    "subscriptions": {"status": tuple(states.Status)},
    "memberships": {"status": tuple(member.Status)},
    "invoices": {"status": tuple(invoice.Status)},
    "disputes": {"status": tuple(dispute.Status)},
    "payments": {"status": tuple(payment.Status)},
    "plans": {"type": ("regular", "membership")},
    "coupons": {"duration": (ONCE, REPEATING, FOREVER)},
    "exports": {"status": tuple(export.Status), "format": ("csv", "xlsx")},
    "refunds": {"status": ("pending", "succeeded", "failed"), "to": ("card", "balance", "offline")},
    "credit_notes": {"status": ("issued", "void")},
    "addresses": {"type": ("billing", "shipping")},
}


def choices(table: str, column: str) -> Collection[str] | None:
    """None for a column that can hold any text."""
    return _OF_TABLE.get(table, {}).get(column, _EVERYWHERE.get(column))
