"""What a report is asked for, read from a query: days, a position, a currency, a basis."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from domain.shared.errors import FieldError, Invalid
from domain.shared.money import EXPONENTS
from domain.shared.period import accounting_date
from projections.reports.report import Asked, Basis
from projections.values import BadValue, instant_of
from store.instants import position_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from projections.reports.report import Report
    from store.connections import Connections

PARAMETERS = ("as_of", "known_at", "from", "to", "currency", "customer_id", "basis")
_FIRST_YEAR, _LAST_YEAR = 1970, 2999
_LAST_POSITION = 2**63 - 1


def asked_of(
    report: Report,
    query: Mapping[str, str],
    connections: Connections,
    account_id: UUID,
    zone: str,
    now: datetime,
) -> Asked:
    """Raises Invalid naming every wrong parameter. Without a day, `now` in the account's zone."""
    wrong = [
        FieldError(name[:100], "unknown_filter", "there is no such parameter")
        for name in query
        if name not in PARAMETERS or not report.dated
    ]
    days = {name: _day(name, query, wrong) for name in ("as_of", "from", "to")}
    today, ahead = accounting_date(now, zone), days["to"] if report.looks_ahead else None
    if ahead is not None:
        days["to"] = None
    until = days["to"] or days["as_of"] or today
    if days["to"] and days["as_of"] and days["to"] != days["as_of"]:
        wrong.append(FieldError("to", "conflicting", "as_of names another last day"))
    if days["from"] and days["from"] > (ahead or (date.max if report.looks_ahead else until)):
        wrong.append(FieldError("from", "empty_period", "must not be after the last day"))
    _one_of("currency", query, EXPONENTS, wrong)
    _one_of("basis", query, [each.value for each in Basis], wrong)
    if wrong:
        raise Invalid(tuple(wrong))
    known = _known_at(query, connections, account_id, zone)
    basis = Basis(query.get("basis", Basis.POSTING))
    currency, customer = query.get("currency"), query.get("customer_id")
    return Asked(until, days["from"], known, currency, basis, customer, ahead)


def _known_at(
    query: Mapping[str, str], connections: Connections, account_id: UUID, zone: str
) -> int | None:
    """A position of the log, named or meant by an instant before the account's clock."""
    text = query.get("known_at")
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return min(int(text[:20]), _LAST_POSITION)
    try:
        instant = instant_of(text, zone)
    except BadValue as bad:
        raise Invalid.one("known_at", "invalid_instant", str(bad)) from None
    with connections.connection() as connection:
        return position_at(connection, account_id, instant)


def _day(name: str, query: Mapping[str, str], wrong: list[FieldError]) -> date | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
        if len(text) == len("2026-01-31") and _FIRST_YEAR <= day.year <= _LAST_YEAR:
            return day
    except ValueError:
        pass
    wrong.append(FieldError(name, "invalid_date", "is no date, as 2026-01-31"))
    return None


def _one_of(
    name: str, query: Mapping[str, str], known: Iterable[str], wrong: list[FieldError]
) -> None:
    if name in query and query[name] not in known:
        wrong.append(FieldError(name, f"unknown_{name}", "is not known"))
