"""What web, worker and scheduler may not do, whatever their code says."""

from __future__ import annotations

import psycopg
import pytest

from store.connections import Connections
from tests.store.conftest import BY
from tests.store.letters import letter


@pytest.mark.parametrize(
    "forbidden",
    [
        "UPDATE stored_events SET actor = 'nobody' WHERE account_id = %s",
        "DELETE FROM stored_events WHERE account_id = %s",
        "DELETE FROM heads WHERE account_id = %s",
        "DELETE FROM document_series WHERE account_id = %s",
        "UPDATE claims SET owner = account_id WHERE account_id = %s",
        "TRUNCATE stored_events",
        "ALTER TABLE stored_events ADD COLUMN x int",
        "DROP TABLE stored_events",
        "CREATE TABLE mine (account_id uuid)",
    ],
)
def test_it_may_not(store, books, forbidden):
    books.record(letter(books.new_id()), by=BY)
    arguments = [books.account_id] if "%s" in forbidden else []
    with (
        store.connections.connection() as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(forbidden, arguments)


def test_it_is_acted_as_by_connections_of_the_owner(store):
    with store.connections.connection() as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("subledger_service",)


def test_a_url_that_names_its_role_keeps_it(service_url):
    connections = Connections(service_url, size=1)
    with connections.connection() as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("subledger_service",)
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
    connections.close()


def test_without_the_role_the_owner_acts(database_url):
    connections = Connections(database_url, size=1, role="a_role_that_is_not_there")
    with connections.connection() as connection:
        assert connection.execute("SELECT session_user = current_user").fetchone() == (True,)
    connections.close()
