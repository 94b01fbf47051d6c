"""A dry run reads all and writes nothing; every problem has its line, column and reason."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from importer.mapping import mapping_of, read_mapping
from importer.problems import ImportRefused, MappingWrong
from importer.subscriber import Subscriber, read_subscriber
from importer.whole import rows_of
from tests.importer.conftest import TELCO
from tests.importer.run import Quiet


def changed(source, target, line, **cells):
    """A copy of the file with other cells on one line (the header is line 1)."""
    with source.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows[line - 2].update(cells)
    with target.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return target


def problems(path):
    errors = io.StringIO(newline="")
    with rows_of(path, read_mapping(TELCO), "UTC", errors, Quiet()) as (staging, found):
        kept = staging.rows()
    listed = list(csv.DictReader(io.StringIO(errors.getvalue())))
    assert len(listed) == found.count
    return kept, [(int(each["line"]), each["column"], each["reason"]) for each in listed]


def test_a_right_file_has_no_problem(small):
    assert problems(small) == (40, [])


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"MonthlyCharges": "29,85"}, "MonthlyCharges"),
        ({"MonthlyCharges": "29.8555"}, "Contract, MonthlyCharges"),
        ({"MonthlyCharges": ""}, "MonthlyCharges"),
        ({"Contract": "Weekly"}, "Contract"),
        ({"tenure": "many"}, "tenure"),
        ({"tenure": "99999"}, "tenure"),
        ({"customerID": " "}, "customerID"),
        ({"customerID": "a\x00b"}, "customerID"),
    ],
)
def test_a_wrong_cell_is_told_by_line_and_column(small, tmp_path, cells, column):
    kept, found = problems(changed(small, tmp_path / "wrong.csv", 5, **cells))
    assert kept == 39
    assert {(line, where) for line, where, _ in found} == {(5, column)}


def test_every_problem_of_a_row_is_told_at_once(small, tmp_path):
    cells = {"MonthlyCharges": "x", "tenure": "y", "PaymentMethod": "Shells"}
    _, found = problems(changed(small, tmp_path / "wrong.csv", 3, **cells))
    assert {where for _, where, _ in found} == cells.keys()


def test_a_subscriber_met_twice_names_the_first_line(small, tmp_path):
    _, found = problems(changed(small, tmp_path / "wrong.csv", 9, customerID="0000-MADEUP"))
    assert [(line, column) for line, column, _ in found][-1] == (9, "0000-MADEUP")
    assert any("already on line 2" in reason for _, _, reason in found)


def test_a_row_of_another_length_is_a_problem(small, tmp_path):
    target = tmp_path / "short.csv"
    target.write_text(small.read_text() + "only,three,cells\n")
    kept, found = problems(target)
    assert (kept, [line for line, _, _ in found]) == (40, [42])


def test_columns_the_file_lacks_are_a_wrong_mapping(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("customerID,tenure\n1,2\n")
    with pytest.raises(MappingWrong) as wrong:
        problems(file)
    assert len(wrong.value.wrong) == 5


def test_what_is_no_text_is_refused(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_bytes(b"customerID,\xff\xfe\n")
    with pytest.raises(ImportRefused):
        problems(file)


def row_of(**cells):
    columns = dict.fromkeys(
        ("customerID", "InternetService"), "x"
    ) | {"tenure": "0", "Contract": "One year", "PaymentMethod": "Mailed check",
         "MonthlyCharges": "29.85", "Churn": "No"}  # fmt: skip
    return columns | cells


def test_the_telco_mapping_reads_a_row():
    read = read_subscriber(read_mapping(TELCO), 2, row_of(tenure="14", Churn="Yes"))
    assert isinstance(read, Subscriber)
    assert (read.plan.old_provider_id, read.plan.amount) == ("One year / 29.85", 35820)
    assert read.subscription.start == date(2024, 11, 1)
    assert read.subscription.cancel_at_period_end_on == date(2025, 12, 31)
    assert (read.subscription.mark_paid_by, read.customer.token) == ("check", None)


def test_charging_needs_a_payment_method():
    mapping = mapping_of(
        {
            "currency": "EUR", "plan_key": ["p"],
            "product": {"name": "P"},
            "plan": {"name": "P", "amount": "1", "interval": "month"},
            "customer": {"old_provider_id": {"column": "id"}},
            "subscription": {"old_provider_id": {"column": "id"}, "start": date(2025, 1, 1)},
        }
    )  # fmt: skip
    found = read_subscriber(mapping, 7, {"id": "1", "p": "x"})
    assert isinstance(found, list)
    assert [(each.line, each.column) for each in found] == [(7, "payment_method.token")]
