"""An account with one of everything, and for every route an address and a body that it takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from api.examples import EXAMPLES
from projections.resources import BY_NAME
from tests.api.conftest import LINE, PLAN, open_shop
from tests.api.telling import send

if TYPE_CHECKING:
    from api.route import Route, Write
    from tests.api.conftest import Client, Shop

NAMES = {"exports": "customers", "reports": "trial_balance", "gateways": "sandbox"}
"""What `{name}` is, by the noun before it."""


@dataclass
class Everything:
    """`ids` are by prefix, as `{"cus": "cus_…"}`."""

    client: Client
    ids: dict[str, str]

    def path(self, route: Route, ref: str | None = None) -> str:
        """The route's address with the id of what it is of, or with another `ref` in its place."""
        noun = route.path.split("/")[3]

        def filled(found: re.Match[str]) -> str:
            if found[1] == "mem":
                return ref or self.ids["mem"]
            if found[1] == "id" and "{mem}" in route.path:
                return self.ids["clb"]
            if found[1] != "id":
                return NAMES.get(noun, "nothing")
            return ref or self.ref(route)

        return re.sub(r"\{(\w+)\}", filled, route.path)

    def ref(self, route: Route) -> str:
        """Of the thing that the route's last id names; where there is none here, of nothing."""
        prefix = prefix_of(route)
        if "/members/" in f"{route.path}/" and prefix == "sub":
            return self.ids["clb"]
        return self.ids.get(prefix, f"{prefix}_{NOTHING}")

    def fresh(self, route: Route) -> str:
        """The address; of what ends by what is done to it, of a new one each time."""
        noun = route.path.split("/")[3]
        if noun == "subscriptions" and "{id}" in route.path and "{mem}" not in route.path:
            plan = self.ids["club" if "members" in route.path else "plan"]
            parties = {"customer_id": self.ids["cus"], "payment_method_id": self.ids["pm"]}
            made = self.client.made("/subscriptions", {**parties, "plan_id": plan})
            return self.path(route, made["id"])
        if noun == "invoices" and "{id}" in route.path:
            lines = {"customer_id": self.ids["cus"], "currency": "USD", "lines": [LINE]}
            made = self.client.made("/invoices", lines)
            self.client.made(f"/invoices/{made['id']}/issue")
            return self.path(route, made["id"])
        if route.path.endswith("/erase"):
            return self.path(route, self.client.made("/customers", {"first_name": "Ada"})["id"])
        return self.path(route)

    def has(self, route: Route) -> bool:
        return "{" not in route.path or (
            prefix_of(route) in self.ids and "{hash}" not in route.path
        )

    def body(self, route: Write) -> dict[str, Any]:
        """The route's own example, about what there is."""
        example = {**EXAMPLES.get(route.body, {})}
        if "email" in example:
            example["email"] = f"{uuid4().hex}@example.org"
        return {name: self._known(name, value) for name, value in example.items()}

    def _known(self, name: str, value: Any) -> Any:
        if name.endswith("_id") and "old" not in name and isinstance(value, str):
            return self.ids.get(value.partition("_")[0], value)
        return value


NOTHING = "01m80my81rfv4vwsscfv9yf2pm"


def prefix_of(route: Route) -> str:
    """What the ids begin with of what the route's address names last."""
    noun = route.path.split("/")[3]
    if "{mem}" in route.path:
        return "mem"
    if noun in BY_NAME:
        return BY_NAME[noun].prefix
    return {"export_files": "exp", "events": "evt"}.get(noun, "acct")


def fill(client: Client) -> Everything:
    shop = open_shop(client)
    made = client.made
    customer = shop.customer["id"]
    subscription = shop.subscribe().json
    club = made("/plans", {
        **PLAN, "product_id": shop.product["id"], "type": "membership", "seat_capacity": 1000,
    })  # fmt: skip
    owned = shop.subscribe(plan_id=club["id"]).json["id"]
    money = {"amount": 500, "currency": "USD", "reason": "a gift"}
    address = {"type": "billing", "line1": "1 High Street", "country": "GB"}
    ids = {
        "acct": client.get("/account").json["id"],
        "club": club["id"],
        "prod": shop.product["id"], "plan": shop.plan["id"], "cus": customer,
        "pm": shop.card["id"], "sub": subscription["id"], "clb": owned,
        "org": made("/organizations", {"name": "Engines"})["id"],
        "adr": made(f"/customers/{customer}/addresses", address)["id"],
        "mem": made(f"/subscriptions/{owned}/members", {"email": "m@example.org"})["id"],
        "inv": shop.invoice(issued=False)["id"],
        "pay": client.get("/payments").json["data"][0]["id"],
        "bal": made(f"/customers/{customer}/balance/adjust", money, key="everything")["id"],
        "col": made("/collaborators", {"email": "c@example.org", "role": "support"})["id"],
        "key": made("/api_keys", {"name": "another"})["id"],
        "cpn": made("/coupons", {"code": "EVERYTHING", "percent": 10})["id"],
        "exp": client.post("/exports", {"name": "customers"}).json["id"],
        **_returned(shop),
        "dp": _disputed(client),
        "evt": client.get("/events").json["data"][0]["id"],
    }  # fmt: skip
    return Everything(client, ids)


def _disputed(client: Client) -> str:
    payment = client.get("/payments").json["data"][-1]["id"]
    send(client, {"type": "dispute.opened", "dispute": "d-1", "payment_id": payment})
    ref: str = client.get("/disputes").json["data"][0]["id"]
    return ref


def _returned(shop: Shop) -> dict[str, str]:
    """A refund, and a credit note that can still be void."""
    made, paid, owed = shop.client.made, shop.invoice()["id"], shop.invoice()["id"]
    money = {"reference": "check 1", "category": "check"}
    made(f"/invoices/{paid}/mark_paid", money, key="everything-paid")
    asked = {"amount": 100, "reason": "late"}
    return {
        "ref": made(f"/invoices/{paid}/refund", asked, key="everything-back")["id"],
        "cn": made(f"/invoices/{owed}/credit_notes", asked, key="everything-noted")["id"],
    }
