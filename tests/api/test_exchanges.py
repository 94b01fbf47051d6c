"""How often a request waits for the database: each time costs more than what is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from api.writing import RESTING
from tests.api.conftest import open_client

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
