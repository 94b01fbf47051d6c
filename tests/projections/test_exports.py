"""Exports: columns kept for ever, amounts and instants as the contract has them, no formulas."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from domain.commands import catalog
from domain.shared.period import Interval
from projections import event_file, lists
from projections.exports import disarmed, write_csv
from projections.groups import RESOURCES
from projections.reading import reading
from projections.reports.all_reports import REPORTS
from projections.resources import BY_NAME
from projections.runner import catch_up
from projections.workbook import write_xlsx
from tests.simulation.world import ACT

HEADERS = Path(__file__).parent / "headers"
EXPORTED = [each for each in BY_NAME.values() if each.export]


def raw(connections, client, name, query=None):
    catch_up(connections, client.account_id, RESOURCES)
    resource = BY_NAME[name]
    with reading(connections, client.account_id, RESOURCES) as rows:
        filters = lists.parse(resource.listing, query or {}, "UTC")
        return b"".join(write_csv(rows, resource.exported, filters)).decode()


def table(connections, client, name, query=None):
    return list(csv.DictReader(io.StringIO(raw(connections, client, name, query), newline="")))


@pytest.mark.parametrize("resource", EXPORTED, ids=lambda each: each.name)
def test_the_columns_are_those_released_with_new_ones_only_at_the_end(resource):
    released = (HEADERS / f"{resource.name}.csv").read_text().strip().split(",")
    assert resource.export.header[: len(released)] == released


@pytest.mark.parametrize("resource", EXPORTED, ids=lambda each: each.name)
def test_the_header_is_the_first_line(connections, busy, resource):
    first = raw(connections, busy, resource.name).split("\r\n", 1)[0]
    assert first == ",".join(resource.export.header)


def test_lines_end_as_rfc_4180_has_them(connections, new_client):
    client = new_client()
    client.add_customers("a@example.com", first_name='Two\nlines, "quoted"')
    text = raw(connections, client, "customers")
    assert text.endswith("\r\n")
    assert '"Two\nlines, ""quoted"""' in text
    assert table(connections, client, "customers")[0]["first_name"] == 'Two\nlines, "quoted"'


@pytest.mark.parametrize(("name", "cell"), [
    ("=1+1", "'=1+1"), ("+SUM(A1)", "'+SUM(A1)"), ("-cmd|x", "'-cmd|x"), ("@x", "'@x"),
    ("\tx", "'\tx"), ("\rx", "'\rx"), ("\nx", "'\nx"), ("\x01x", "'\x01x"),
    ("-5", "-5"), ("+49.50", "+49.50"), ("-5 people", "'-5 people"), ("-", "'-"), ("1-2", "1-2"),
    ("Ann", "Ann"), ("'=1", "'=1"), (" =1", " =1"), ("émile", "émile"), ("", ""),
])  # fmt: skip
def test_a_cell_that_would_be_a_formula_is_disarmed(connections, new_client, name, cell):
    client = new_client()
    client.add_customers("a@example.com", first_name=name)
    assert table(connections, client, "customers")[0]["first_name"] == cell


@pytest.mark.parametrize(
    ("currency", "amount"), [("USD", "31.00"), ("JPY", "3100"), ("KWD", "3.100")]
)
def test_amounts_are_major_units_of_their_currency(connections, new_client, currency, amount):
    client = new_client()
    product = catalog.create_product(client.books, catalog.NewProduct(name="Paper"), ACT).ref
    plan = catalog.NewPlan(
        product_id=product, name="Monthly", amount=3100, currency=currency,
        interval=Interval.MONTH, entitlements=("print", "digital"),
    )  # fmt: skip
    catalog.create_plan(client.books, plan, ACT)
    row = table(connections, client, "plans")[0]
    assert row["amount"] == amount
    assert row["product.name"] == "Paper"
    assert row["entitlement"] == "print,digital"
    assert row["auto_renew"] == "true"
    assert row["created_at"] == "2024-01-01T00:00:00Z"
    assert table(connections, client, "products")[0]["active_plans"] == "1"


def test_balances_are_shown_in_the_accounts_currency_and_all(connections, busy):
    rows = {each["id"]: each for each in table(connections, busy, "customers")}
    assert {row["currency"] for row in rows.values()} == {"USD"}
    ending = {each["customer.id"]: each["ending_balance"] for each in reversed(
        table(connections, busy, "balance_transactions", {"sort": "-created_at"}))}  # fmt: skip
    for customer, balance in ending.items():
        assert rows[customer]["balance"] == balance
        cents = balance.replace(".", "").lstrip("0")
        assert rows[customer]["balances"] == (f'{{"USD": {cents}}}' if cents else "{}")
    assert all(row["balances"] == "{}" for ref, row in rows.items() if ref not in ending)


def test_a_workbook_holds_the_same_rows_and_no_formula(connections, new_client):
    client = new_client()
    client.add_customers("a@example.com", first_name="=1+1")
    catch_up(connections, client.account_id, RESOURCES)
    resource = BY_NAME["customers"]
    with reading(connections, client.account_id, RESOURCES) as rows:
        filters = lists.parse(resource.listing, {}, "UTC")
        with write_xlsx(rows, resource.exported, filters) as file:
            book = zipfile.ZipFile(io.BytesIO(file.read()))
    sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    texts = [each.text for each in sheet.iterfind(".//x:is/x:t", space)]
    assert texts[: len(resource.exported.header)] == resource.exported.header
    assert "=1+1" in texts
    assert sheet.find(".//x:f", space) is None
    assert len(sheet.findall(".//x:row", space)) == 2


@pytest.mark.parametrize("name", [*REPORTS, "events"])
def test_a_reports_columns_are_those_released_too(name):
    header = REPORTS[name].header if name in REPORTS else list(event_file.HEADER)
    released = (HEADERS / f"{name}.csv").read_text().strip().split(",")
    assert header[: len(released)] == released


@pytest.mark.parametrize("value", ["=1+1", "+SUM(A1)", "-x", "@x", "\tx", "\x01x", "\x7fx"])
def test_a_formula_is_disarmed_in_python_as_in_sql(value):
    assert disarmed(value) == f"'{value}"


@pytest.mark.parametrize("value", ["-5", "+49.50", "", "Ann", "1-2", "{}", "émile"])
def test_what_is_no_formula_stays(value):
    assert disarmed(value) == value
