"""A receipt as a sheet: that a payment came, how, and for what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from papers.sheet import Frame, Sheet
from papers.typed import typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from papers.told import ReceiptTold


def receipt_sheet(told: ReceiptTold) -> Sheet:
    frame, made = Frame(told.parties, told.currency), told.payment
    amount = frame.money(made.amount)
    return frame.sheet(
        "receipt", told.number,
        state={"text": frame.say("settled"), "color": "paid"},
        facts=frame.facts(
            ("invoice_number", told.invoice_number),
            ("paid_date", frame.day(made.at)),
            ("method", frame.method(made)),
            ("reference", None if made.reference == told.number else made.reference),
        ),
        headline={
            "amount": amount, "about": frame.say("paid_on", date=frame.tongue.day(made.at))
        },
        columns=[frame.say("description"), frame.say("amount")],
        lines=list(_lines(frame, told)),
        totals=[frame.total(frame.say("amount_paid"), made.amount, strong=True)],
    )  # fmt: skip


def _lines(frame: Frame, told: ReceiptTold) -> Iterator[dict[str, Any]]:
    """What the money was for, and what of it was more than was owed."""
    of = told.description or frame.say("amount_paid")
    if told.invoice_number is not None:
        of = f"{frame.say('invoice')} {told.invoice_number}"
    parts = (
        (of, told.payment.amount - told.to_balance),
        (frame.say("to_balance"), told.to_balance),
    )
    more = [told.number]
    for about, amount in parts:
        if amount:
            yield {"description": typed(about), "more": more, "cells": [frame.money(amount)]}
            more = []
