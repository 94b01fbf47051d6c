"""What a change would do, told without recording it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from projections.rendering import instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.commands.foreseeing import Foreseen
    from domain.invoicing.invoice import Invoice
    from domain.invoicing.lines import Line
    from domain.subscriptions.subscription import Subscription


def previewed(
    subscription: Subscription, invoice: Invoice | None, noted: Mapping[str, int] = {}
) -> dict[str, Any]:
    """The invoice that would be issued, what notes would take off unpaid ones, and the new term.

    `amount_due` is what would be asked for after the customer's credit; below zero it becomes that.
    """
    phase = subscription.phase
    return {
        "plan_id": phase.terms.plan_id,
        "current_period_start": instant(phase.start),
        "current_period_end": instant(phase.end),
        "invoice": None if invoice is None else _invoice(invoice),
        "amount_due": 0 if invoice is None else amount_due(invoice),
        "credit_notes": [{"invoice_id": ref, "amount": amount} for ref, amount in noted.items()],
        "next_invoice_lines": [
            {"description": part.description, "amount": part.amount}
            for part in subscription.prorations
        ],
    }


def amount_due(invoice: Invoice) -> int:
    return invoice.total if invoice.total < 0 else invoice.amount_remaining


def usage_so_far(subscription: Subscription) -> dict[str, Any] | None:
    """What the running term brought until now, and what that would cost."""
    policy = subscription.phase.terms.policy
    if policy is None or policy.unit_amount is None:
        return None
    return {
        "quantity": subscription.usage,
        "unit": policy.unit,
        "unit_amount": policy.unit_amount,
        "amount": policy.unit_amount * subscription.usage,
    }


def previewed_billing(seen: Foreseen, usage: dict[str, Any] | None) -> dict[str, Any]:
    """The next invoice that is issued by itself, and when; the term that then begins."""
    return {
        **previewed(seen.subscription, seen.invoice),
        "plan_id": seen.phase.terms.plan_id,
        "current_period_start": instant(seen.phase.start),
        "current_period_end": instant(seen.phase.end),
        "usage": usage,
        "next_invoice_date": instant(seen.at),
        "failure": seen.failure,
    }


def _invoice(invoice: Invoice) -> dict[str, Any]:
    return {
        "currency": invoice.currency,
        "lines": [_line(line) for line in invoice.lines],
        "subtotal": sum(line.amount for line in invoice.lines),
        "tax": sum(line.tax for line in invoice.lines),
        "discount_total": sum(line.discount for line in invoice.lines),
        "total": invoice.total,
        "balance_applied": invoice.balance_applied,
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "description": line.description,
        "plan_id": line.plan_id,
        "unit_amount": line.unit_amount,
        "quantity": line.quantity,
        "discount": line.discount,
        "amount": line.amount,
        "tax": line.tax,
        "period_start": instant(line.period_start),
        "period_end": instant(line.period_end),
    }
