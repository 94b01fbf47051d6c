"""A customer with a card at some gateway, and what that gateway tells by itself."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.api.conftest import Shop, open_shop
from tests.gateways.contract import signature

if TYPE_CHECKING:
    from falcon import testing

    from tests.api.conftest import Client


def add(client: Client, customer: str, gateway: str, token: str, **more: Any) -> testing.Result:
    body = {"gateway": gateway, "token": token, **more}
    return client.post(f"/customers/{customer}/payment_methods", body)


def tell(client: Client, kind: str, about: Any) -> None:
    """An event that Stripe signed."""
    body = json.dumps({"type": kind, "data": {"object": about}}).encode()
    told = client.http.simulate_post(
        "/core/v1/gateways/stripe/events",
        params={"account": client.get("/account").json["id"]},
        body=body,
        headers={"Stripe-Signature": signature("whsec_test", body)},
    )
    assert told.status_code == 200, told.text


def only(client: Client, path: str) -> Any:
    """The one that is listed."""
    (found,) = client.get(path, headers={"Ledger-Position": str(client.head)}).json["data"]
    return found


def shop_with(client: Client, gateway: str, token: str) -> tuple[Shop, str]:
    shop = open_shop(client)
    card = add(client, shop.customer["id"], gateway, token, is_default=True)
    assert card.status_code == 201, card.text
    return replace(shop, card=card.json), shop.invoice()["id"]
