"""Whoever alters the books by hand, and the log's chain with them, is named by `verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from typer.testing import CliRunner

from cli.main import app as program
from domain.shared.identifiers import typed_id
from store.chain import content, first_link, next_link
from store.log import read_log
from tests.api.returning import CHECK, billed, post

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from store.connections import Connections
    from tests.api.conftest import Shop

_EVENT = "SELECT position FROM stored_events WHERE account_id = %s AND topic = %s ORDER BY position"


@pytest.fixture(scope="module")
def owner(database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def verify(database_url, monkeypatch, tmp_path) -> Callable[[UUID], tuple[int, str]]:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://?{urlencode(conninfo_to_dict(database_url))}")
    monkeypatch.setenv("SUBLEDGER_DATA_DIR", str(tmp_path / "data"))

    def run(account_id: UUID) -> tuple[int, str]:
        said = ["verify", "--account", typed_id("acct", account_id)]
        done = CliRunner().invoke(program, said)
        return done.exit_code, done.stdout

    return run


@pytest.fixture
def account(shop: Shop, owner) -> UUID:
    """Three invoices, one of them paid in part, and a note; shown in every view."""
    ref = billed(shop)
    for _ in range(2):
        shop.invoice()
    assert (
        post(shop.client, f"/invoices/{ref}/mark_paid", {**CHECK, "amount": 4400}).status_code < 300
    )
    note = {"amount": 1100, "reason": "late"}
    assert post(shop.client, f"/invoices/{ref}/credit_notes", note).status_code == 201
    assert shop.client.get("/reports/trial_balance").status_code == 200
    account_id = shop.client.books.account_id
    # Keys of tests are of no event, which is a finding of its own.
    owner.execute("DELETE FROM api_key_secrets WHERE account_id = %s", [account_id])
    return account_id


def chain_anew(owner: psycopg.Connection, connections: Connections, account_id: UUID) -> None:
    """What somebody would do who knows how the chain is made."""
    link, rows = first_link(account_id), []
    with connections.connection() as connection:
        logged = read_log(connection, account_id, 0, 1000)
    for row in logged:
        rows.append(row)
        if row.chain is None and row is not logged[-1]:
            continue
        link = next_link(link, rows, [content(account_id, each) for each in rows])
        rows.clear()
        owner.execute(
            "UPDATE stored_events SET chain = %s WHERE account_id = %s AND position = %s",
            [link, account_id, row.position],
        )
    owner.execute("UPDATE heads SET chain = %s WHERE account_id = %s", [link, account_id])


def position_of(owner: psycopg.Connection, account_id: UUID, topic: str) -> int:
    """Of the last event of the kind."""
    found = owner.execute(_EVENT, [account_id, topic]).fetchall()
    return int(found[-1][0])


def renumber(owner: psycopg.Connection, account_id: UUID, was: str, now: str) -> None:
    owner.execute(
        "UPDATE stored_events SET document_number = %s"
        " WHERE account_id = %s AND document_number = %s", [now, account_id, was],
    )  # fmt: skip


def test_books_that_nobody_altered(account, verify):
    code, said = verify(account)
    assert (code, " ok " in said) == (0, True), said


def test_a_gap_in_the_numbers(account, verify, owner, connections):
    renumber(owner, account, "INV-000003", "INV-000004")
    owner.execute(
        "UPDATE document_series SET last_number = 4 WHERE account_id = %s AND series = 'INV-'",
        [account],
    )
    chain_anew(owner, connections, account)
    code, said = verify(account)
    assert code == 1
    assert "document numbers" in said
    assert "INV-000003 should follow, not INV-000004" in said
    assert "chain" not in said


def test_a_number_given_twice(account, verify, owner, connections):
    """The index that forbids it is dropped by whoever may; it is put back at the end."""
    (index,) = owner.execute(
        "SELECT pg_get_indexdef(to_regclass('stored_events_document'))"
    ).fetchone()
    owner.execute("DROP INDEX stored_events_document")
    try:
        renumber(owner, account, "INV-000003", "INV-000002")
        chain_anew(owner, connections, account)
        code, said = verify(account)
    finally:
        owner.execute(
            "UPDATE stored_events SET document_number = NULL WHERE account_id = %s", [account]
        )
        owner.execute(index)
    assert code == 1
    assert "INV-000003 should follow, not INV-000002" in said


@pytest.mark.parametrize("topic", ["invoice.credited", "payment.recorded"])
def test_a_missing_event(account, verify, owner, connections, topic):
    """The log is closed up behind it and chained anew, as if it had never been."""
    at = position_of(owner, account, topic)
    owner.execute(
        "DELETE FROM stored_events WHERE account_id = %s AND position = %s", [account, at]
    )
    code, said = verify(account)
    assert (code, "positions" in said) == (1, True)
    head = position_of_head(owner, account)
    for position in range(at + 1, head + 1):
        owner.execute(
            "UPDATE stored_events SET position = %s WHERE account_id = %s AND position = %s",
            [position - 1, account, position],
        )
    owner.execute("UPDATE heads SET position = position - 1 WHERE account_id = %s", [account])
    owner.execute(
        "UPDATE projection_tracking SET position = position - 1 WHERE account_id = %s", [account]
    )
    chain_anew(owner, connections, account)
    code, said = verify(account)
    assert (code, "chain" in said, "positions" in said) == (1, False, False), said
    assert "replay" in said or "resources:" in said


def position_of_head(owner: psycopg.Connection, account_id: UUID) -> int:
    found = owner.execute("SELECT position FROM heads WHERE account_id = %s", [account_id])
    return int(found.fetchall()[0][0])


def test_a_changed_event(account, verify, owner, connections):
    at = position_of(owner, account, "invoice.payment_succeeded")
    owner.execute(
        "UPDATE stored_events SET state = replace(state::text, '4400', '4300')::json"
        " WHERE account_id = %s AND position = %s",
        [account, at],
    )
    code, said = verify(account)
    assert (code, "chain" in said) == (1, True)
    chain_anew(owner, connections, account)
    code, said = verify(account)
    assert (code, "chain" in said) == (1, False), said
    assert "accounting:" in said
    assert "resources:" in said


def test_an_entry_that_does_not_balance(account, verify, owner, connections):
    owner.execute(
        "UPDATE journal_lines SET amount = amount + 1 WHERE account_id = %s"
        " AND ledger_account = 'tax_payable'", [account],
    )  # fmt: skip
    code, said = verify(account)
    assert code == 1
    assert "left over" in said
    assert "accounting:" in said
