"""What finance asks, as of a date and as known at an instant."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from api.fields import FIRST_YEAR, LAST_YEAR
from api.files import of_file, require_format, streamed
from api.reading import LONGEST_WAIT_MS, allow, instant
from api.resource_routes import BASE
from api.route import Read, Route, Shape
from api.views import Reported
from domain.shared.errors import FieldError, Invalid, NotFound
from domain.shared.money import EXPONENTS
from domain.shared.period import accounting_date
from projections.groups import ACCOUNTING
from projections.reading import reading, wait_for
from projections.reports.all_reports import REPORTS
from projections.reports.report import Asked, Basis, position_of
from store.instants import position_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.call import Call
    from api.views import Download
    from projections.reading import Reading
    from projections.reports.report import Report

_LAST_POSITION = 2**63 - 1
PARAMETERS = ("as_of", "known_at", "from", "to", "currency", "customer_id", "basis", "format")


def show(call: Call) -> Reported | Download:
    """Rows as JSON, or the same rows as a file. Raises NotFound."""
    report = REPORTS.get(call.path["name"])
    if report is None:
        raise NotFound(detail=f"there is no report {call.path['name'][:100]!a}")
    form = require_format(call.query.get("format", "json"), "json")
    if form != "json":
        return download(call, report, form)
    asked = _asked(call)
    _follow(call)
    with reading(call.services.connections, call.account_id, ACCOUNTING) as now:
        return Reported(report.rows(now, asked), position_of(now, asked), now.position, now.head)


def download(call: Call, report: Report, form: str) -> Download:
    asked = _asked(call)
    _follow(call)

    def write(now: Reading) -> Iterable[bytes]:
        return report.csv(now, asked) if form == "csv" else of_file(report.xlsx(now, asked))

    return streamed(call, ACCOUNTING, report.name, form, write)


def _follow(call: Call) -> None:
    """The books come up to where the log is now, or as far as they get in half a second."""
    wait_for(call.services.connections, call.account_id, ACCOUNTING, None, LONGEST_WAIT_MS)


def _known_at(call: Call) -> int | None:
    """A position of the log, named or meant by an instant before the account's clock."""
    text = call.query.get("known_at")
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return min(int(text), _LAST_POSITION)
    with call.services.connections.connection() as connection:
        return position_at(connection, call.account_id, instant(call, "known_at", text))


def _asked(call: Call) -> Asked:
    """Raises Invalid naming every wrong parameter."""
    query, wrong = call.query, list[FieldError]()
    allow(query, *PARAMETERS)
    days = {name: _day(name, query, wrong) for name in ("as_of", "from", "to")}
    until = days["to"] or days["as_of"] or accounting_date(call.books.now(), call.account.timezone)
    if days["to"] and days["as_of"] and days["to"] != days["as_of"]:
        wrong.append(FieldError("to", "conflicting", "as_of names another last day"))
    if days["from"] and days["from"] > until:
        wrong.append(FieldError("from", "empty_period", "must not be after the last day"))
    _one_of("currency", query, EXPONENTS, wrong)
    _one_of("basis", query, [each.value for each in Basis], wrong)
    if wrong:
        raise Invalid(tuple(wrong))
    basis = Basis(query.get("basis", Basis.POSTING))
    known, currency, customer = _known_at(call), query.get("currency"), query.get("customer_id")
    return Asked(until, days["from"], known, currency, basis, customer)


def _day(name: str, query: dict[str, str], wrong: list[FieldError]) -> date | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
        if len(text) == len("2026-01-31") and FIRST_YEAR <= day.year <= LAST_YEAR:
            return day
    except ValueError:
        pass
    wrong.append(FieldError(name, "invalid_date", "is no date, as 2026-01-31"))
    return None


def _one_of(
    name: str, query: dict[str, str], known: Iterable[str], wrong: list[FieldError]
) -> None:
    if name in query and query[name] not in known:
        wrong.append(FieldError(name, f"unknown_{name}", "is not known"))


ROUTES: tuple[Route, ...] = (
    Read(
        method="GET",
        path=f"{BASE}/reports/{{name}}",
        handler=show,
        kind="report",
        rule="reports:read",
        shape=Shape.REPORT,
        parameters=PARAMETERS,
        summary="A report",
    ),
)
