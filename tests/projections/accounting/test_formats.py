"""The files finance downloads show the rows of the answer, in decimal major units."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from typing import TYPE_CHECKING

from projections.reports.all_reports import REPORTS
from projections.reports.deferred_revenue import DEFERRED_REVENUE
from projections.reports.journal import JOURNAL
from projections.reports.report import Asked
from tests.projections.accounting.history import History, line

if TYPE_CHECKING:
    from tests.projections.accounting.conftest import Books

MARCH_1, JUNE_1 = date(2026, 3, 1), date(2026, 6, 1)


def business() -> History:
    history = History()
    paid = history.issue([line(10000, MARCH_1, JUNE_1, tax=1900)], MARCH_1, email="=evil@x.org")
    history.pay(paid, 11900, MARCH_1)
    history.issue([line(900, MARCH_1, JUNE_1)], MARCH_1, who=2, currency="JPY")
    history.issue([line(12345, MARCH_1, JUNE_1)], MARCH_1, who=3, currency="KWD")
    return history


def test_deferred_revenue_as_csv(books: Books) -> None:
    reading = books.keep(business())
    text = b"".join(DEFERRED_REVENUE.csv(reading, Asked(date(2026, 4, 30)))).decode()
    header, *rows = text.split("\r\n")
    assert header == ",".join(DEFERRED_REVENUE.header)
    assert [row.split(",", 1)[1] for row in rows if row] == [
        "'=evil@x.org,Ada,Number 1,,USD,33.70,2026-04-30",
        "c2@example.com,Ada,Number 2,,JPY,303,2026-04-30",
        "c3@example.com,Ada,Number 3,,KWD,4.160,2026-04-30",
    ]


def test_an_instant_in_the_journal_is_as_in_the_api(books: Books) -> None:
    reading = books.keep(business())
    asked = Asked(MARCH_1)
    (first, *_) = csv.DictReader(io.StringIO(b"".join(JOURNAL.csv(reading, asked)).decode()))
    assert first["recorded_at"] == "2026-03-01T12:00:00Z"
    assert JOURNAL.rows(reading, asked)[0]["recorded_at"] == "2026-03-01T12:00:00Z"
    assert (first["debit"], first["credit"]) == ("119.00", "0.00")


def test_every_format_has_the_same_rows(books: Books) -> None:
    reading, asked = books.keep(business()), Asked(date(2026, 12, 31))
    for report in REPORTS.values():
        rows = report.rows(reading, asked)
        text = b"".join(report.csv(reading, asked)).decode()
        listed = list(csv.reader(io.StringIO(text, newline="")))
        assert (listed[0], len(listed) - 1) == (report.header, len(rows))
        with books.connection.transaction(), report.xlsx(reading, asked) as file:
            sheet = zipfile.ZipFile(file).read("xl/worksheets/sheet1.xml").decode()
        assert sheet.count("<row ") == len(rows) + 1


def test_the_same_day_and_position_give_the_same_bytes_later(books: Books) -> None:
    history = business()
    asked = Asked(date(2026, 4, 30))
    then = books.project(history.envelopes)
    before = [b"".join(report.csv(then, asked)) for report in REPORTS.values()]
    known = Asked(asked.until, known_at=then.position)
    history.give_up(history.invoices[1], date(2026, 4, 1))
    history.issue([line(5000, MARCH_1, JUNE_1)], date(2026, 4, 2), email="moved@x.org")
    now = books.project(history.envelopes[then.position :])
    assert [b"".join(report.csv(now, known)) for report in REPORTS.values()] == before
    assert b"".join(DEFERRED_REVENUE.csv(now, asked)) != before[0]
