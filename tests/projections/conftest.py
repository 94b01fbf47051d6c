"""Accounts whose projections are tested: small ones made on demand, and one full of business."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from domain.application import Books
from domain.commands import customers
from domain.commands.accounts import account_of, open_account
from domain.commands.drafting import NewInvoice, create_invoice
from domain.commands.invoicing import issue_invoice
from domain.commands.manual_lines import NewLine
from projections.groups import GROUPS
from projections.runner import catch_up
from scheduler.account_due import AccountDue
from scheduler.due import Desk
from store import ids, operations
from store.connections import Connections
from store.factory import PostgresStore
from tests.simulation.gateway import UnreliableGateway
from tests.simulation.world import ACT, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass
class Client:
    """One test account: its id, its books and a world that acts in it."""

    account_id: UUID
    books: Books
    world: World

    def owe(self) -> str:
        """An invoice by hand that is sent and not paid."""
        account, (customer,) = account_of(self.books), self.add_customers(None)
        lines = [NewLine(description="Back issue", unit_amount=1500)]
        new = NewInvoice(
            customer_id=customer, currency="USD", lines=lines, collection_method="send_invoice"
        )
        draft = create_invoice(self.books, account, new, ACT).ref
        return issue_invoice(self.books, self.world.desk.gateways, account, draft, ACT)[0].ref

    def add_customers(self, *emails: str | None, **fields: Any) -> list[str]:
        made = [customers.NewCustomer(email=email, **fields) for email in emails]
        return [customers.create_customer(self.books, new, ACT).ref for new in made]


@pytest.fixture(scope="session")
def connections(database_url: str) -> Iterator[Connections]:
    opened = Connections(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def new_client(connections: Connections) -> Callable[..., Client]:
    def make(seed: int = 1) -> Client:
        account_id = ids.new_id()
        with connections.connection() as connection:
            operations.open_account(connection, account_id, livemode=False, clock=BEGIN)
        books = Books(account_id, PostgresStore(connections))
        open_account(books, ACT, name="T", timezone="UTC", currency="USD", livemode=False)
        random = Random(seed)
        due = AccountDue(connections, account_id)
        gateways = {"sandbox": UnreliableGateway(random)}
        return Client(
            account_id,
            books,
            World(Desk(books, account_of(books), gateways, due, ACT), random),
        )

    return make


@pytest.fixture(scope="session")
def busy(new_client: Callable[..., Client], connections: Connections) -> Client:
    """A year of everything, projected. Tests read it and leave it as it is."""
    client = new_client(seed=8)
    for _ in range(120):
        client.world.step()
    client.owe()
    for group in GROUPS:
        catch_up(connections, client.account_id, group)
    return client
