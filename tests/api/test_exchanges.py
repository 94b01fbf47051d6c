"""How often a request waits for the database: each time costs more than what is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from api.writing import RESTING
from domain.payments.balance import Balance
from store.snapshots import snapshot_topic
from tests.api.conftest import LINE, open_client

if TYPE_CHECKING:
    from api.services import Services
    from tests.api.conftest import Client


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each exchange with the database."""
    waited: list[str] = []
    wait = psycopg.Connection.wait

    def counted(self: Any, gen: Any, *rest: Any, **named: Any) -> Any:
        if gen.__name__ != "_commit_gen":  # mostly there is nothing to end any more
            waited.append(gen.__name__)
        return wait(self, gen, *rest, **named)

    monkeypatch.setattr(psycopg.Connection, "wait", counted)
    return waited


@pytest.fixture
def shop(app: Any, services: Services) -> Client:
    return open_client(app, services, live=True)


@pytest.mark.parametrize(("email", "times"), [(None, 2), ("{}@example.com", 3)])
def test_what_names_nothing_waits_twice(
    shop: Client, waits: list[str], email: str | None, times: int
) -> None:
    """Whether the caller still may, its event and the lease; its row and what is shown. Who has an
    e-mail address may have been invited under it."""
    for at in range(RESTING + 2):
        waits.clear()
        body = {"email": email and email.format(at), "first_name": "Ada"}
        shop.made("/customers", body, key=f"made-{at}")
    assert len(waits) == times


def test_a_subscription_with_its_charge_waits_five_times(shop: Client, waits: list[str]) -> None:
    """Who asks and what is named; what that names; the intent; its outcome, and what is shown of
    it; the rows of that and the answer."""
    product = shop.made("/products", {"name": "The Paper"})
    plan = {"product_id": product["id"], "name": "Monthly", "amount": 3100, "currency": "USD"}
    named = {"plan_id": shop.made("/plans", plan | {"interval": "month"})["id"]}
    for _ in range(RESTING + 2):  # what others asked before may have made the route rest
        customer = shop.made("/customers", {"email": None, "first_name": "Ada"})
        shop.made(f"/customers/{customer['id']}/payment_methods", {"token": "tok_visa"})
        waits.clear()
        made = shop.made("/subscriptions", named | {"customer_id": customer["id"]})
        assert made["status"] == "active"
    assert len(waits) <= 5


def test_a_settlement_waits_three_times(shop: Client, waits: list[str], services: Services) -> None:
    """Who asks, the invoice, its balance; its event, and its row and theirs; what is shown."""
    shop.patch("/account", {"balance_auto_apply": "manual"})
    customer = shop.made("/customers", {"email": None})["id"]
    credit = {"amount": 10**6, "currency": "USD", "reason": "a test"}
    shop.made(f"/customers/{customer}/balance/adjust", credit, key="credit")
    asked = {"apply_balance": {}, "mark_paid": {"reference": "1", "category": "check"}}
    told: dict[str, list[int]] = {verb: [] for verb in asked}
    for _ in range(RESTING + 2):
        for verb, body in asked.items():
            invoice = shop.made(
                "/invoices", {"customer_id": customer, "currency": "USD", "lines": [LINE]}
            )["id"]
            shop.made(f"/invoices/{invoice}/issue", {})
            waits.clear()
            paid = shop.made(f"/invoices/{invoice}/{verb}", body, key=invoice)
            assert paid["status"] == "paid"
            told[verb].append(len(waits))
    assert told["mark_paid"][-1] == 3
    assert told["apply_balance"][-2:] == [3, 3], "the last one kept a snapshot as well"
    with services.connections.connection() as connection:
        kept = "SELECT topic, originator_version FROM snapshots WHERE account_id = %s"
        rows = connection.execute(kept, [shop.books.account_id]).fetchall()
    assert rows == [(snapshot_topic(Balance), 20)]
