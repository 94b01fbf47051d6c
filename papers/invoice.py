"""An invoice as a sheet: what it asks for, its taxes by rate, what was paid and what is left."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from papers.sheet import Frame, Sheet
from papers.typed import typed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from papers.told import InvoiceTold, LineTold

_COLORS = {
    "draft": "draft", "open": "open", "past_due": "late", "paid": "paid", "void": "ended",
    "uncollectible": "ended",
}  # fmt: skip
_WATERMARKED = frozenset({"draft", "void"})
_STATES = {"paid": "settled", "credited": "credited", "to_balance": "to_balance"}


def invoice_sheet(told: InvoiceTold) -> Sheet:
    frame = Frame(told.parties, told.currency)
    status = frame.say(_STATES[settled_by(told)] if told.status == "paid" else told.status)
    watermark = status.upper() if told.status in _WATERMARKED else None
    return frame.sheet(
        "invoice", told.number,
        state={"text": status, "color": _COLORS[told.status]},
        watermark=watermark,
        facts=_facts(frame, told),
        headline=_headline(frame, told),
        columns=columns(frame, told.lines),
        lines=lines(frame, told),
        totals=list(_totals(frame, told)),
        sections=[
            *frame.movements("payments", [each for each in told.payments if each.amount > 0]),
            *frame.movements("credit_notes", told.credits),
            *frame.movements("refunds", told.refunds),
        ],
        notes=frame.notes(told.notes),
    )  # fmt: skip


def settled_by(told: InvoiceTold) -> str:
    """What settled it: `paid`, `credited` by credit notes alone, or `to_balance`: below zero, it
    became credit.
    """
    if told.total < 0:
        return "to_balance"
    alone = told.credited and not told.amount_paid and not told.balance_applied
    return "credited" if alone else "paid"


def _facts(frame: Frame, told: InvoiceTold) -> list[dict[str, Any]]:
    period = None
    if told.period_start is not None and told.period_end is not None:
        period = frame.tongue.period(told.period_start, told.period_end)
    return frame.facts(
        ("invoice_number", told.number),
        ("issued", frame.day(told.issued_at)),
        ("due", frame.day(told.due_at)),
        ("paid_date", frame.day(told.paid_at) if settled_by(told) == "paid" else None),
        ("service_period", period),
        ("purchase_order", told.purchase_order),
    )


def _headline(frame: Frame, told: InvoiceTold) -> dict[str, str | None]:
    """What the reader is to do about it, or that there is nothing to do."""
    amount, name, at = told.total, None, None
    match told.status:
        case "open":
            amount, name, at = told.amount_remaining, "due_on", told.due_at
        case "past_due":
            at = told.late_since or told.due_at
            amount, name = told.amount_remaining, "overdue_since"
        case "paid":
            how, at = settled_by(told), told.paid_at
            name = f"{how}_on"
            amount = abs(told.total) - (told.credited if how == "paid" else 0)
    about = frame.say(name, date=frame.tongue.day(at)) if name and at else None
    return {"amount": frame.money(amount), "about": about}


def columns(frame: Frame, told: Sequence[LineTold]) -> list[str]:
    names = ["description", "quantity", "unit_price"]
    names += ["tax", "net_amount"] if _taxed(told) else ["amount"]
    return [frame.say(name) for name in names]


def lines(frame: Frame, told: InvoiceTold) -> list[dict[str, Any]]:
    taxed, code = _taxed(told.lines), told.discount_code
    return [_line(frame, line, code, taxed=taxed) for line in told.lines]


def _taxed(told: Sequence[LineTold]) -> bool:
    return any(line.tax_rate for line in told)


def _line(frame: Frame, line: LineTold, code: str | None, *, taxed: bool) -> dict[str, Any]:
    rate = frame.tongue.percent(line.tax_rate) if line.tax_rate else "–"
    cells = [
        frame.tongue.number(line.quantity), frame.money(line.unit_amount),
        *([rate] if taxed else []), frame.money(line.amount),
    ]  # fmt: skip
    more = []
    if line.period_start is not None and line.period_end is not None:
        more.append(frame.tongue.period(line.period_start, line.period_end))
    if line.discount:
        named = " ".join(filter(None, (frame.say("discount"), code)))
        more.append(f"{named} {frame.money(-line.discount)}")
    if line.tax_rate and line.tax_behavior == "inclusive":
        gross = frame.money(line.amount + line.tax)
        more.append(f"{gross} {frame.say('includes_tax')}")
    return {"description": typed(line.description), "more": more, "cells": cells}


def taxes(frame: Frame, told: Sequence[LineTold]) -> Iterator[dict[str, Any]]:
    """One for each rate, with what it is taken on."""
    by_rate: dict[Decimal, list[int]] = defaultdict(lambda: [0, 0])
    for line in told:
        if line.tax_rate:
            by_rate[line.tax_rate][0] += line.amount
            by_rate[line.tax_rate][1] += line.tax
    for rate, (net, tax) in sorted(by_rate.items()):
        label = frame.say("tax_on", rate=frame.tongue.percent(rate), net=frame.money(net))
        yield frame.total(label, tax)


def _totals(frame: Frame, told: InvoiceTold) -> Iterator[dict[str, Any]]:
    yield frame.total(frame.say("subtotal"), told.subtotal)
    yield from taxes(frame, told.lines)
    yield frame.total(frame.say("total"), told.total, strong=True)
    settled = (
        ("paid", told.amount_paid),
        ("balance_applied" if told.balance_applied > 0 else "to_balance", told.balance_applied),
        ("credited", told.credited),
    )  # fmt: skip
    for name, amount in settled:
        if amount:
            yield frame.total(frame.say(name), -amount)
    if told.status != "draft":
        yield frame.total(frame.say("amount_due"), told.amount_remaining, strong=True)
