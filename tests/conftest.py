"""What every test may ask for: a real PostgreSQL, migrated once, and fresh databases on it."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from migrations.apply import migrate
from migrations.service_role import SERVICE_ROLE
from store.embedded import embedded_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.gateways.standins import StripeStandIn


ORDER = (
    "domain",
    "architecture",
    "gateways",
    "store",
    "migrations",
    "projections",
    "scheduler",
    "simulation",
    "contract",
    "processes",
    "browser",
)
"""What breaks most often, and fastest, first; then the files that take minutes, so that no worker
is left alone with one. Folders not named come after these."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    part = item.nodeid.split("/")[1]
    return ORDER.index(part) if part in ORDER else len(ORDER)


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server of DATABASE_URL, else an embedded one for this session."""
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    with embedded_server(tmp_path_factory.mktemp("server")) as server:
        yield server.url


@pytest.fixture(scope="session")
def stripe_standin() -> Iterator[StripeStandIn]:
    """A Stripe that answers from this machine."""
    from tests.gateways.standins import StripeStandIn  # its library takes a while to import

    with StripeStandIn() as running:
        yield running


@pytest.fixture(scope="session")
def database_url(server_url: str) -> Iterator[str]:
    """A database of this session, migrated, as its owner."""
    with _fresh_database(server_url) as url:
        migrate(url)
        yield url


@pytest.fixture(scope="session")
def service_url(database_url: str) -> str:
    """The same database with the rights of web, worker and scheduler."""
    return make_conninfo(database_url, options=f"-c role={SERVICE_ROLE}")


@pytest.fixture
def empty_database(server_url: str) -> Iterator[str]:
    """A database of this test alone, with nothing in it."""
    with _fresh_database(server_url) as url:
        yield url


@contextmanager
def _fresh_database(server_url: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    _execute(server_url, f"CREATE DATABASE {name}")
    try:
        yield make_conninfo(server_url, dbname=name)
    finally:
        _execute(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(statement)
