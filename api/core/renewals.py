"""What a renewal run on a day would bill: a report of what has not happened, writing nothing."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from api.core.previews import amount_due
from api.files import CONTENT_TYPES
from api.resource_routes import BASE
from api.route import Read, Route, Shape
from api.views import Download, Reported
from domain.commands.foreseeing import Foreseen, foreseen
from domain.shared.errors import FieldError, Invalid
from domain.shared.money import major
from domain.shared.period import accounting_date, midnight
from projections import due
from projections.downloads import FORMATS, of_file
from projections.exports import Cell, disarmed
from projections.groups import RESOURCES
from projections.reading import reading
from projections.rendering import instant
from projections.workbook import write_sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from api.call import Call
    from domain.accounts.account import Account
    from domain.application import Books
    from store.connections import Connections

COLUMNS = (
    "subscription.id", "kind", "at", "customer.id", "plan.id", "plan.name", "quantity",
    "current_period_start", "current_period_end", "currency", "subtotal", "tax", "total",
    "collection_method", "charged", "failure",
    "balance_applied", "amount_due",
)  # fmt: skip
_MONEY = ("subtotal", "tax", "total", "balance_applied", "amount_due")
_AT_ONCE = 500


def rows(
    connections: Connections, books: Books, account: Account, on: date
) -> Iterator[dict[str, Any]]:
    """Who would be billed what on that day, in the order in which it falls due. Raises Invalid
    for a day that is over."""
    zone = account.timezone
    if on < accounting_date(books.now(), zone):
        raise Invalid.one("on", "in_the_past", "that day is over")
    until = midnight(on + timedelta(days=1), zone) - timedelta(microseconds=1)
    after = None
    while found := due.subscriptions_due(
        connections, books.account_id, until, limit=_AT_ONCE, after=after
    ):
        for seen in foreseen(books, account, [each.id for each in found], until):
            if accounting_date(seen.at, zone) == on and (seen.invoice or seen.failure):
                yield _row(seen)
        after = found[-1]


def _row(seen: Foreseen) -> dict[str, Any]:
    subscription, phase, invoice = seen.subscription, seen.phase, seen.invoice
    lines = () if invoice is None else invoice.lines
    values = (
        subscription.ref, seen.kind, instant(seen.at), subscription.customer_id,
        phase.terms.plan_id, phase.terms.plan_name, subscription.quantity,
        instant(phase.start), instant(phase.end), phase.terms.currency,
        sum(line.amount for line in lines), sum(line.tax for line in lines),
        0 if invoice is None else invoice.total, subscription.collection_method,
        seen.charged, seen.failure,
        0 if invoice is None else invoice.balance_applied,
        0 if invoice is None else amount_due(invoice),
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def as_csv(found: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Amounts in major units, as in every file."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in found:
        writer.writerow(_cell(row, name) for name in COLUMNS)
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode()


def as_xlsx(found: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    cells = tuple(Cell(name, "text", "", "") for name in COLUMNS)
    rows = (tuple(_told(_cell(row, name)) for name in COLUMNS) for row in found)
    return of_file(write_sheet("renewals", cells, rows))


def _told(value: Any) -> str | None:
    return None if value is None else str(value)


def _cell(row: dict[str, Any], name: str) -> Any:
    value = row[name]
    if name in _MONEY:
        return major(value, row["currency"])
    if isinstance(value, bool):
        return str(value).lower()
    return disarmed(value) if isinstance(value, str) else value


def show(call: Call) -> Reported | Download:
    on, form = _asked(call)
    connections = call.services.connections
    found = rows(connections, call.books, call.account, on)
    with reading(connections, call.account_id, RESOURCES) as now:
        position, head = now.position, now.head
    if form == "json":
        return Reported(list(found), position, position, head)
    first = next(found, None)
    again = found if first is None else _again(first, found)
    pieces = as_csv(again) if form == "csv" else as_xlsx(again)
    return Download(CONTENT_TYPES[form], f"renewals-{on}.{form}", pieces, position, head)


def _again(first: dict[str, Any], rest: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The first was asked for early, so that a refusal is told as a problem."""
    yield first
    yield from rest


def _asked(call: Call) -> tuple[date, str]:
    wrong = [
        FieldError(name[:100], "unknown_filter", "there is no such parameter")
        for name in call.query
        if name not in {"on", "format"}
    ]
    form = call.query.get("format", "json")
    if form not in {"json", *FORMATS}:
        wrong.append(FieldError("format", "not_allowed", "one of json, csv, xlsx"))
    on = _date(call.query.get("on", ""))
    if on is None:
        wrong.append(FieldError("on", "invalid_date", "is a date, as 2026-01-31"))
    if wrong or on is None:
        raise Invalid(tuple(wrong))
    return on, form


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


ROUTES: tuple[Route, ...] = (
    Read(
        method="GET", path=f"{BASE}/reports/renewals", handler=show, kind="report",
        rule="reports:read", shape=Shape.REPORT, parameters=("on", "format"),
        summary="What a renewal run on a day would bill",
    ),
)  # fmt: skip
