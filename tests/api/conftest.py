"""An account with a key on a real database, and a client that speaks HTTP to the service."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from falcon import testing

from api.app import create_app
from api.services import Services
from domain.application import Books
from domain.commands.accounts import account_of, open_account
from domain.commands.act import Act
from domain.shared.recording import Context
from gateways.sandbox import Sandbox
from scheduler.account_due import AccountDue
from scheduler.due import Desk, Summary, run_due
from store import api_keys, operations
from store.connections import Connections
from store.factory import PostgresStore
from store.ids import new_id
from tests.gateways.cnp import CnpStandIn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

GATEWAYS = {"sandbox": Sandbox(slow_seconds=0.3, signing_secret=lambda: "whsec_test")}
START = datetime(2026, 1, 1, tzinfo=UTC)
SYSTEM = Act(Context("test", "api"))


@pytest.fixture(scope="session")
def connections(service_url: str) -> Iterator[Connections]:
    opened = Connections(service_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def services(connections: Connections) -> Services:
    return services_on(connections)


def services_on(connections: Connections) -> Services:
    store = PostgresStore(connections)

    def books_for(account_id: UUID) -> Books:
        return Books(account_id, store)

    def advance(account_id: UUID, to: datetime, act: Act) -> Summary:
        books = books_for(account_id)
        due = AccountDue(connections, account_id)
        return run_due(Desk(books, account_of(books), GATEWAYS, due, act), to)

    def books_within(books: Books, connections: Connections) -> Books:
        return books.through(store.within(connections))

    return Services(
        connections=connections, books_for=books_for, books_within=books_within,
        gateways_of=lambda _: GATEWAYS, advance=advance, look_ahead=store.look_ahead,
    )  # fmt: skip


@pytest.fixture(scope="session")
def app(services: Services) -> Any:
    return create_app(services)


@dataclass
class Client:
    """One key's caller. Answers are Falcon's results; `made` expects a success and gives JSON."""

    http: testing.TestClient
    books: Books
    key: api_keys.NewKey
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, json: Any = None, **sent: Any) -> testing.Result:
        headers = {
            "Authorization": f"Bearer {self.key.text}",
            **self.headers,
            **sent.pop("headers", {}),
        }
        if (idempotency_key := sent.pop("key", None)) is not None:
            headers["Idempotency-Key"] = idempotency_key
        at = path if path.startswith("/core") or sent.pop("whole", False) else f"/core/v1{path}"
        return self.http.simulate_request(method, at, json=json, headers=headers, **sent)

    def get(self, path: str, **sent: Any) -> testing.Result:
        return self.send("GET", path, **sent)

    def post(self, path: str, json: Any = None, **sent: Any) -> testing.Result:
        return self.send("POST", path, json, **sent)

    def patch(self, path: str, json: Any = None, **sent: Any) -> testing.Result:
        return self.send("PATCH", path, json, **sent)

    def made(self, path: str, json: Any = None, **sent: Any) -> dict[str, Any]:
        answer = self.post(path, json, **sent)
        assert answer.status_code in {200, 201}, answer.text
        made: dict[str, Any] = answer.json
        return made

    @property
    def head(self) -> int:
        return self.books.head().position


def open_client(app: Any, services: Services, *, zone: str = "UTC", live: bool = False) -> Client:
    account_id = new_id()
    with services.connections.connection() as connection:
        clock = None if live else START
        operations.open_account(connection, account_id, livemode=live, clock=clock)
        key = api_keys.create(connection, account_id, new_id(), livemode=live)
    books = services.books_for(account_id)
    open_account(books, SYSTEM, name="Acme", timezone=zone, currency="USD", livemode=live)
    return Client(testing.TestClient(app), books, key)


@pytest.fixture
def client(app: Any, services: Services) -> Client:
    """The owner's key of a fresh test account in UTC."""
    return open_client(app, services)


@pytest.fixture
def stranger(app: Any, services: Services) -> Client:
    """The owner's key of another account."""
    return open_client(app, services, zone="America/New_York")


def key_with(client: Client, services: Services, **rights: Any) -> Client:
    """The client, from now on with another key of its account."""
    with services.connections.connection() as connection:
        client.key = api_keys.create(
            connection, client.books.account_id, new_id(), livemode=False, **rights
        )
    return client


PRODUCT = {"name": "The Paper"}
PLAN = {"name": "Monthly", "amount": 3100, "currency": "USD", "interval": "month"}
LINE = {"description": "Back issue", "unit_amount": 1500}


@dataclass
class Shop:
    """A product, a plan and a customer with a card, made over HTTP."""

    client: Client
    product: dict[str, Any]
    plan: dict[str, Any]
    customer: dict[str, Any]
    card: dict[str, Any]

    def subscribe(self, **fields: Any) -> testing.Result:
        body = {"customer_id": self.customer["id"], "plan_id": self.plan["id"], **fields}
        return self.client.post("/subscriptions", body)

    def invoice(self, *, issued: bool = True, **fields: Any) -> dict[str, Any]:
        body = {
            "customer_id": self.customer["id"], "currency": "USD", "lines": [LINE], **fields
        }  # fmt: skip
        drafted = self.client.made("/invoices", body)
        return self.client.made(f"/invoices/{drafted['id']}/issue") if issued else drafted


def open_shop(client: Client, token: str = "tok_visa") -> Shop:
    product = client.made("/products", PRODUCT)
    plan = client.made("/plans", {**PLAN, "product_id": product["id"]})
    customer = client.made("/customers", {"email": "ada@example.org", "first_name": "Ada"})
    card = client.made(f"/customers/{customer['id']}/payment_methods", {"token": token})
    return Shop(client, product, plan, customer, card)


@pytest.fixture
def shop(client: Client) -> Shop:
    return open_shop(client)


@pytest.fixture(scope="module")
def gateways_of(stripe_standin):
    with CnpStandIn() as cnp:
        made = {}

        def of(account):
            if account.ref not in made:
                stripe = stripe_standin.adapter(account.ref)
                made[account.ref] = {**GATEWAYS, "stripe": stripe, "vantiv": cnp.adapter()}
            return made[account.ref]

        yield of


@pytest.fixture
def with_all(services, gateways_of):
    """The owner's client of an account that is set up for every gateway."""

    def advance(account_id, to, act):
        books = services.books_for(account_id)
        due = AccountDue(services.connections, account_id)
        account = account_of(books)
        return run_due(Desk(books, account, gateways_of(account), due, act), to)

    every = replace(services, gateways_of=gateways_of, advance=advance)
    return open_client(create_app(every), every)
