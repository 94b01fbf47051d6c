"""A receipt as a sheet: that a payment came, how, and for what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from papers.sheet import Frame, Sheet
from papers.typed import typed

if TYPE_CHECKING:
    from papers.told import ReceiptTold


def receipt_sheet(told: ReceiptTold) -> Sheet:
    frame, made = Frame(told.parties, told.currency), told.payment
    amount = frame.money(made.amount)
    of = told.description or frame.say("amount_paid")
    if told.invoice_number is not None:
        of = f"{frame.say('invoice')} {told.invoice_number}"
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
        lines=[{"description": typed(of), "more": [told.number], "cells": [amount]}],
        totals=[frame.total(frame.say("amount_paid"), made.amount, strong=True)],
    )  # fmt: skip
