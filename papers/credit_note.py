"""A credit note as a sheet: what of an invoice is taken back, its tax, and where it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from papers.invoice import taxes
from papers.sheet import Frame, Sheet
from papers.typed import typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from papers.told import CreditNoteTold, LineTold


def credit_note_sheet(told: CreditNoteTold) -> Sheet:
    frame, void = Frame(told.parties, told.currency), told.status == "void"
    status = frame.say("void")
    return frame.sheet(
        "credit_note", told.number,
        state={"text": status, "color": "ended"} if void else None,
        watermark=status.upper() if void else None,
        facts=frame.facts(
            ("credit_note_number", told.number),
            ("invoice_number", told.invoice_number),
            ("issued", frame.day(told.issued_at)),
        ),
        headline={
            "amount": frame.money(told.total),
            "about": frame.say("credited_on", date=frame.tongue.day(told.issued_at)),
        },
        columns=[frame.say(name) for name in ("description", "tax", "net_amount")],
        lines=[_line(frame, line) for line in told.lines],
        totals=list(_totals(frame, told)),
        notes=frame.notes(told.reason),
        words=frame.words(notes="reason"),
    )  # fmt: skip


def _line(frame: Frame, line: LineTold) -> dict[str, Any]:
    rate = frame.tongue.percent(line.tax_rate) if line.tax_rate else "–"
    cells = [rate, frame.money(line.amount)]
    return {"description": typed(line.description), "more": [], "cells": cells}


def _totals(frame: Frame, told: CreditNoteTold) -> Iterator[dict[str, Any]]:
    yield frame.total(frame.say("subtotal"), told.net)
    by_rate = list(taxes(frame, told.lines))
    if told.tax and not by_rate:
        by_rate = [frame.total(frame.say("tax"), told.tax)]
    yield from by_rate
    yield frame.total(frame.say("total"), told.total, strong=True)
    for to, amount in told.allocations:
        if amount:
            yield frame.total(frame.tongue.words.get(to, to), amount)
